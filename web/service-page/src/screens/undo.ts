/** Takes a verification back, after asking. */

import { ProblemError, SignInNeededError } from 'scrip-kit/errors';
import { ask } from 'scrip-kit/parts/dialog';
import { el } from 'scrip-kit/parts/dom';
import type { Desk } from '../desk';
import { problemWords } from '../words';

/** One key for each verification, so that a second try after a lost answer is the same request. */
const keys = new Map<string, string>();

/** A button with room for what goes wrong. `label` tells it from those beside it; `onUndone` is called once it is done. */
export function undoButton(
  desk: Desk,
  verification: string,
  name: string,
  label: string,
  onUndone: (at: string) => void,
): HTMLElement {
  const trouble = el('p', { class: 'field-error', role: 'alert' });
  const button = el('button', { type: 'button', class: 'button quiet undo', 'aria-label': label }, 'Undo');
  button.addEventListener('click', async () => {
    const isSure = await ask({
      title: 'Undo this redemption?',
      text: `“${name}” can then be used again, and a reward that it brought is taken back.`,
      yes: 'Undo it',
      no: 'Leave it',
    });
    if (!isSure) return;
    button.disabled = true;
    trouble.textContent = '';
    try {
      const reversal = await desk.client.reverse(verification, keyFor(verification));
      desk.announce(`Undone: ${name}.`);
      onUndone(reversal.reversed_at);
    } catch (error) {
      trouble.textContent = undoTrouble(error);
      button.disabled = false;
      button.focus();
    }
  });
  return el('div', { class: 'undo-box' }, button, trouble);
}

function keyFor(verification: string): string {
  const key = keys.get(verification) ?? crypto.randomUUID();
  keys.set(verification, key);
  return key;
}

function undoTrouble(error: unknown): string {
  if (error instanceof ProblemError) return problemWords(error.problem);
  if (error instanceof SignInNeededError) return 'Your sign-in has ended. Sign in again, then undo it.';
  return 'No answer came, so it may not be undone yet. Try again; it is never undone twice.';
}
