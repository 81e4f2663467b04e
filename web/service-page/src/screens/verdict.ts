/** The verdict, readable at arm's length. It follows its scan: a kept one turns into its verdict before one's eyes. */

import { formatMoney } from 'scrip-kit/money';
import { type Child, el, fill, focusOn } from 'scrip-kit/parts/dom';
import { clockTime } from 'scrip-kit/times';
import type { Verdict } from '../api/types';
import { describeRule } from '../coupon/benefit';
import { grouped } from '../coupon/code';
import type { Desk } from '../desk';
import type { Scan } from '../outbox/scan';
import type { Screen } from '../ui/frame';
import { icon } from '../ui/icons';
import { orderFields } from './order-fields';
import { undoButton } from './undo';
import { isAboutOrder, type Look, lookOf } from './verdict-words';

/** Shows what becomes of a scan until the operator goes on to the next one. */
export function verdictScreen(desk: Desk, key: string): Screen {
  const [said, rest] = [
    el('div', { class: 'said', 'aria-live': 'polite', 'aria-atomic': 'true' }),
    el('div', { class: 'below' }),
  ];
  let shown = '';
  let isFirst = true;
  const show = () => {
    const scan = desk.outbox.get(key);
    if (!scan) return;
    const look = lookOf(scan, desk.user);
    const state = JSON.stringify([look, scan.standing.kind]);
    if (state === shown) return;
    shown = state;
    fill(said, panel(look, scan, desk));
    fill(rest, ...below(scan, desk));
    if (look.signal) desk.signals.give(look.signal);
    const heading = said.querySelector<HTMLElement>('h1');
    if (!isFirst && heading) focusOn(heading);
    isFirst = false;
  };
  show();
  const unsubscribe = desk.outbox.subscribe((scan) => {
    if (scan === null || scan.key === key) show();
  });
  return {
    title: 'Verdict',
    parts: [el('div', { class: 'verdict-screen' }, said, rest)],
    onLeave: () => {
      unsubscribe();
      forgetSeen(desk, key);
    },
  };
}

/** What was judged was seen by now; what was not is kept. */
function forgetSeen(desk: Desk, key: string): void {
  const scan = desk.outbox.get(key);
  if (scan && scan.standing.kind !== 'waiting') desk.outbox.discard(key);
}

function panel(look: Look, scan: Scan, desk: Desk): HTMLElement {
  const { standing } = scan;
  const verdict = standing.kind === 'answered' ? standing.verdict : null;
  return el(
    'section',
    { class: `verdict ${look.tone}` },
    icon(look.icon),
    el('h1', {}, look.title),
    look.short !== null && el('p', { class: 'short' }, look.short),
    verdict?.verdict === 'accepted' && worth(verdict),
    look.sentence !== null && el('p', { class: 'sentence' }, look.sentence),
    standing.kind === 'waiting' && standing.hold === 'sign-in' && signInButton(desk),
    verdict?.coupon && el('p', { class: 'coupon-name' }, verdict.coupon.name),
  );
}

/** What is to be done at the till: the amount if it is known, else the rule. */
function worth(verdict: Verdict): HTMLElement | false {
  const { benefit, order } = verdict;
  if (!benefit) return false;
  const { deduction } = benefit;
  if (!deduction) return el('p', { class: 'worth' }, describeRule(benefit.rule));
  const total = order?.total;
  const toPay = total && { amount: total.amount - deduction.amount, currency: total.currency };
  return el(
    'div',
    { class: 'worth' },
    el('p', {}, `Take off ${formatMoney(deduction)}`),
    toPay && el('p', { class: 'to-pay' }, `To pay: ${formatMoney(toPay)}`),
  );
}

function signInButton(desk: Desk): HTMLElement {
  return el('button', { type: 'button', class: 'button on-colour', onclick: desk.signIn }, 'Sign in again');
}

function below(scan: Scan, desk: Desk): Child[] {
  const { standing } = scan;
  const verdict = standing.kind === 'answered' ? standing.verdict : null;
  if (verdict?.reason === 'order-required')
    return [orderForm(scan, desk), facts(scan), nextButton(desk, false)];
  const isSending = standing.kind === 'waiting' && standing.hold === 'sending';
  return [
    nextButton(desk, !isSending),
    verdict !== null && isAboutOrder(verdict) && changeTotal(scan, desk),
    facts(scan),
    verdict?.verdict === 'accepted' && undoLine(verdict, desk),
  ];
}

function nextButton(desk: Desk, isPrimary: boolean): HTMLElement {
  return el(
    'button',
    {
      type: 'button',
      class: isPrimary ? 'button primary large next' : 'button next',
      onclick: () => desk.go('verify'),
    },
    'Next scan',
  );
}

/** The code is judged anew with the total: a new request, since it asks something else, of the same scan. */
function orderForm(scan: Scan, desk: Desk): HTMLElement {
  const fields = orderFields(desk.store.currency, true, scan.order);
  const trouble = el('p', { class: 'field-error', role: 'alert' });
  const form = el(
    'form',
    { class: 'order-form', novalidate: true },
    fields.total,
    fields.reference,
    trouble,
    el('button', { type: 'submit', class: 'button primary large' }, 'Verify with this total'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const reading = fields.read();
    if (reading.kind !== 'order') return;
    if (desk.present(scan.code, reading.order, scan.scannedAt).kind === 'full')
      trouble.textContent = 'Too many scans are kept.';
  });
  return form;
}

function changeTotal(scan: Scan, desk: Desk): HTMLElement {
  return el(
    'details',
    { class: 'order' },
    el('summary', {}, 'Change the order’s total'),
    orderForm(scan, desk),
  );
}

function facts(scan: Scan): HTMLElement {
  const { standing } = scan;
  const verdict = standing.kind === 'answered' ? standing.verdict : null;
  const order = verdict?.order ?? scan.order;
  // An accepted coupon of an unknown order shows its rule in large letters already.
  const isRuleShown = verdict?.verdict === 'accepted' && !verdict.benefit?.deduction;
  const rows: [string, string | undefined][] = [
    ['Offer', isRuleShown ? undefined : verdict?.benefit && describeRule(verdict.benefit.rule)],
    ['Order total', order?.total && formatMoney(order.total)],
    ['Reference', order?.reference],
    ['Time', clockTime(verdict?.at ?? scan.scannedAt)],
    ['Code', verdict === null ? grouped(scan.code) : undefined],
  ];
  const known = rows.filter((row): row is [string, string] => row[1] !== undefined);
  return el(
    'dl',
    { class: 'facts' },
    ...known.map(([term, value]) => el('div', {}, el('dt', {}, term), el('dd', {}, value))),
  );
}

function undoLine(verdict: Verdict, desk: Desk): HTMLElement {
  const line = el('div', { class: 'undo-line' });
  const name = verdict.coupon?.name ?? 'this coupon';
  const undone = () => {
    fill(
      line,
      el('p', { class: 'undone', role: 'status' }, icon('undone'), 'Undone. The customer can use it again.'),
    );
    line.closest('.verdict-screen')?.classList.add('is-undone');
  };
  fill(line, undoButton(desk, verdict.id, name, `Undo ${name}`, undone));
  return line;
}
