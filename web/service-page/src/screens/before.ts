/** The screens before an operator can work: sign in, choose a store, and what may stand in the way. */

import { el, freshId } from 'scrip-kit/parts/dom';
import type { Store } from '../device';
import type { Screen } from '../ui/frame';
import { icon } from '../ui/icons';

type Waiting = { kept: number; isOnline: boolean; trouble: string | null };

/** Asks to sign in. What is kept on the device is told, so that nobody fears for it. */
export function signInScreen(waiting: Waiting, onSignIn: () => void): Screen {
  const kept =
    waiting.kept === 1
      ? '1 scan is kept on this device. It is sent when its operator signs in.'
      : `${waiting.kept} scans are kept on this device. They are sent when their operator signs in.`;
  return {
    title: 'Sign in',
    parts: [
      el(
        'section',
        { class: 'welcome' },
        icon('scan'),
        el('h1', {}, 'Verify coupons'),
        el('p', { class: 'lead' }, 'Scan a customer’s coupon and see at once whether it counts.'),
        waiting.trouble !== null && el('p', { class: 'trouble', role: 'alert' }, waiting.trouble),
        !waiting.isOnline && el('p', { class: 'trouble' }, 'You are offline. Signing in needs a network.'),
        el('button', { type: 'button', class: 'button primary large', onclick: onSignIn }, 'Sign in'),
        waiting.kept > 0 && el('p', { class: 'quiet-text' }, kept),
      ),
    ],
  };
}

/** Says what the deployment lacks. Only who runs it can help. */
export function notConfiguredScreen(): Screen {
  const names = ['SignInClientId', 'SignInAuthorizationUrl', 'SignInTokenUrl'];
  return {
    title: 'Sign-in is not set up',
    parts: [
      el(
        'section',
        { class: 'welcome' },
        icon('key'),
        el('h1', {}, 'Sign-in is not set up'),
        el(
          'p',
          { class: 'lead' },
          'Nobody can sign in here yet. Whoever runs this service sets these parameters:',
        ),
        el('ul', { class: 'names' }, ...names.map((name) => el('li', {}, el('code', {}, name)))),
        el(
          'p',
          { class: 'quiet-text' },
          'They stand in the deployment’s template. Load this page again afterwards.',
        ),
      ),
    ],
  };
}

/** The page could not begin its work. */
export function cannotStartScreen(detail: string, onRetry: () => void): Screen {
  return {
    title: 'Not ready',
    parts: [
      el(
        'section',
        { class: 'welcome' },
        icon('offline'),
        el('h1', {}, 'Not ready yet'),
        el('p', { class: 'lead', role: 'alert' }, detail),
        el('button', { type: 'button', class: 'button primary large', onclick: onRetry }, 'Try again'),
      ),
    ],
  };
}

/** The user is no operator of any store: who can change that, and what they need to know for it. */
export function notOperatorScreen(user: string, onRetry: () => void, onSignOut: () => void): Screen {
  const copied = el('span', { class: 'quiet-text', role: 'status' });
  const copy = async () => {
    const isCopied = await navigator.clipboard.writeText(user).then(
      () => true,
      () => false,
    );
    copied.textContent = isCopied ? 'Copied.' : 'Select the id and copy it by hand.';
  };
  return {
    title: 'No store yet',
    parts: [
      el(
        'section',
        { class: 'welcome' },
        icon('store'),
        el('h1', {}, 'You have no store yet'),
        el(
          'p',
          { class: 'lead' },
          'Ask the shop’s owner to name you as an operator. They need your user id:',
        ),
        el('p', { class: 'user-id' }, el('code', {}, user)),
        el(
          'p',
          {},
          el('button', { type: 'button', class: 'button', onclick: copy }, 'Copy the id'),
          ' ',
          copied,
        ),
        el('button', { type: 'button', class: 'button primary large', onclick: onRetry }, 'Check again'),
        el('button', { type: 'button', class: 'button quiet', onclick: onSignOut }, 'Sign out'),
      ),
    ],
  };
}

/** Asks in which store the operator stands. */
export function storesScreen(
  stores: readonly Store[],
  current: Store | null,
  onChoose: (store: Store) => void,
): Screen {
  const merchants = [...new Map(stores.map((store) => [store.merchant, store.merchantName]))];
  const groups = merchants.map(([merchant, name]) => {
    const heading = freshId('merchant');
    const own = stores.filter((store) => store.merchant === merchant);
    return el(
      'section',
      { class: 'store-group', 'aria-labelledby': heading },
      el('h2', { id: heading }, name),
      el(
        'ul',
        { class: 'choices' },
        ...own.map((store) => el('li', {}, storeButton(store, current, onChoose))),
      ),
    );
  });
  return {
    title: 'Choose a store',
    parts: [
      el('h1', {}, 'Where are you today?'),
      el('p', { class: 'lead' }, 'Coupons are verified for the store that you choose.'),
      ...groups,
    ],
  };
}

function storeButton(store: Store, current: Store | null, onChoose: (store: Store) => void): HTMLElement {
  const isCurrent = current?.merchant === store.merchant && current.store === store.store;
  return el(
    'button',
    {
      type: 'button',
      class: 'choice',
      'aria-current': isCurrent ? 'true' : undefined,
      onclick: () => onChoose(store),
    },
    icon('store'),
    el('span', { class: 'choice-name' }, store.store),
    isCurrent && el('span', { class: 'quiet-text' }, 'chosen now'),
  );
}
