/** Asks before something is done that can't be taken back. */

import { el, freshId } from './dom';

/** A question, what it means, and what its two answers are called. */
export type Question = { title: string; text: string; yes: string; no: string };

/** Whether the answer was yes. Escape, and the first button, are no. */
export function ask(question: Question): Promise<boolean> {
  return new Promise((resolve) => {
    const [title, text] = [freshId('question'), freshId('question-text')];
    const answer = (isYes: boolean) => () => dialog.close(isYes ? 'yes' : 'no');
    const dialog = el(
      'dialog',
      { class: 'question', 'aria-labelledby': title, 'aria-describedby': text },
      el('h2', { id: title }, question.title),
      el('p', { id: text }, question.text),
      el(
        'div',
        { class: 'answers' },
        el('button', { type: 'button', class: 'button quiet', onclick: answer(false) }, question.no),
        el('button', { type: 'button', class: 'button grave', onclick: answer(true) }, question.yes),
      ),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
