/** Store, sound, and who is signed in. */

import { ask } from 'scrip-kit/parts/dialog';
import { el, freshId } from 'scrip-kit/parts/dom';
import type { Desk } from '../desk';
import type { Screen } from '../ui/frame';

export function settingsScreen(desk: Desk): Screen {
  const { store, merchantName } = desk.store;
  const sound = freshId('sound');
  const toggle = el('input', {
    id: sound,
    type: 'checkbox',
    role: 'switch',
    checked: !desk.signals.isMuted,
    onchange: (event) => {
      desk.signals.isMuted = !(event.target as HTMLInputElement).checked;
      desk.signals.give('accepted');
    },
  });
  return {
    title: 'Settings',
    parts: [
      el('h1', {}, 'Settings'),
      el(
        'ul',
        { class: 'settings' },
        el(
          'li',
          {},
          el('div', {}, el('p', { class: 'row-title' }, 'Store'), el('p', {}, `${store}, ${merchantName}`)),
          desk.stores.length > 1 &&
            el('button', { type: 'button', class: 'button', onclick: desk.chooseStore }, 'Change the store'),
        ),
        el(
          'li',
          {},
          el(
            'label',
            { for: sound },
            el('span', { class: 'row-title' }, 'Sound'),
            el('span', { class: 'quiet-text' }, 'Two rising tones: accepted. A low double buzz: refused.'),
          ),
          toggle,
        ),
        el(
          'li',
          {},
          el(
            'div',
            {},
            el('p', { class: 'row-title' }, 'Signed in as'),
            el('p', {}, el('code', {}, desk.user)),
          ),
          el('button', { type: 'button', class: 'button', onclick: () => void signOut(desk) }, 'Sign out'),
        ),
      ),
      desk.environment !== 'prod' && el('p', { class: 'quiet-text' }, `Environment: ${desk.environment}`),
    ],
  };
}

async function signOut(desk: Desk): Promise<void> {
  const kept = desk.outbox.all().length;
  const isSure =
    kept === 0 ||
    (await ask({
      title: 'Sign out with kept scans?',
      text: `${kept === 1 ? '1 scan is' : `${kept} scans are`} kept here. Nothing is lost, but nothing is sent until you sign in again.`,
      yes: 'Sign out',
      no: 'Stay',
    }));
  if (isSure) desk.signOut();
}
