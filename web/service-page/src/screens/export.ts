/** Brings a period of the list into a spreadsheet. */

import { ProblemError, SignInNeededError } from 'scrip-kit/errors';
import { el, freshId } from 'scrip-kit/parts/dom';
import { dateField, dayOf, midnight } from 'scrip-kit/times';
import type { Desk } from '../desk';
import { problemWords } from '../words';

/** How many days the server exports at once. */
export const MAX_EXPORT_DAYS = 31;
/** A browser may still read the file after the click; then its memory is given back. */
const BLOB_KEPT_MILLISECONDS = 60_000;
const DAY_MILLISECONDS = 86_400_000;

/** A period from the beginning of its first day to the end of its last. */
export type Period = { from: Date; to: Date };

/** The period between two date fields, or what is wrong with it. */
export function periodOf(first: string, last: string): Period | string {
  const [from, lastDay] = [dayOf(first), dayOf(last)];
  if (!from || !lastDay) return 'Choose the first and the last day.';
  if (lastDay < from) return 'The last day lies before the first one.';
  const to = midnight(lastDay, 1);
  const days = Math.round((to.getTime() - from.getTime()) / DAY_MILLISECONDS);
  return days > MAX_EXPORT_DAYS ? `Choose at most ${MAX_EXPORT_DAYS} days.` : { from, to };
}

export function exportPanel(desk: Desk): HTMLElement {
  const today = dateField(new Date());
  const [first, last] = [dayField('First day', today), dayField('Last day', today)];
  const outcome = el('p', { class: 'outcome', role: 'status' });
  const button = el('button', { type: 'submit', class: 'button' }, 'Export CSV');
  const form = el(
    'form',
    { class: 'export', novalidate: true },
    first.element,
    last.element,
    button,
    outcome,
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const period = periodOf(first.input.value, last.input.value);
    if (typeof period === 'string') {
      outcome.textContent = period;
      return;
    }
    button.disabled = true;
    outcome.textContent = 'Exporting…';
    outcome.textContent = await exported(desk, period, `${first.input.value}_${last.input.value}`);
    button.disabled = false;
  });
  return el('details', { class: 'order' }, el('summary', {}, 'Export as CSV'), form);
}

/** Returns what became of it. */
async function exported(desk: Desk, period: Period, name: string): Promise<string> {
  const { merchant, store } = desk.store;
  try {
    const filter = { store, from: period.from.toISOString(), to: period.to.toISOString() };
    save(await desk.client.exported(merchant, filter), `coupons_${store}_${name}.csv`);
    return 'The file is in your downloads.';
  } catch (error) {
    if (error instanceof ProblemError) return problemWords(error.problem);
    if (error instanceof SignInNeededError) return 'Your sign-in has ended. Sign in again, then export.';
    return 'You are offline. Exporting needs a network.';
  }
}

/** The export needs the bearer token, so it is fetched and then handed to the browser as a file. */
function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  el('a', { href: url, download: name.replace(/[^\w.-]/g, '_') }).click();
  setTimeout(() => URL.revokeObjectURL(url), BLOB_KEPT_MILLISECONDS);
}

function dayField(label: string, value: string) {
  const id = freshId('day');
  const input = el('input', { id, type: 'date', value, required: true });
  return { input, element: el('div', { class: 'field' }, el('label', { for: id }, label), input) };
}
