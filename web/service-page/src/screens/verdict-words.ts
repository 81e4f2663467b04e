/** What a scan's standing comes to in words, an icon and a signal: shared by the verdict screen and the kept list. */

import type { Hold } from 'scrip-kit/outbox/entry';
import type { EarlierUse, Verdict } from '../api/types';
import { MAX_SCAN_AGE_MINUTES, type Scan } from '../outbox/scan';
import type { IconName } from '../ui/icons';
import type { Signal } from '../ui/signals';
import { spokenTime } from '../ui/times';
import { refusalWords } from '../words';

/** How a verdict looks: the tone gives colour, the icon its shape. */
export type Look = {
  tone: 'accepted' | 'refused' | 'missing' | 'kept' | 'sending';
  icon: IconName;
  title: string;
  /** A few words for who stands at arm's length. */
  short: string | null;
  sentence: string | null;
  signal: Signal | null;
};

/** Refusals that end when the order's total is given, or another one. */
const ORDER_REASONS = ['order-required', 'order-below-minimum', 'not-applicable', 'currency-mismatch'];

export function lookOf(scan: Scan, user: string): Look {
  const { standing } = scan;
  switch (standing.kind) {
    case 'answered':
      return verdictLook(standing.verdict, user);
    case 'failed':
      return {
        tone: 'refused',
        icon: 'refused',
        title: 'Not verified',
        short: null,
        sentence: standing.requestId ? `${standing.detail} (Request ${standing.requestId})` : standing.detail,
        signal: 'refused',
      };
    case 'too-old':
      return {
        tone: 'kept',
        icon: 'kept',
        title: 'Too old',
        short: 'Not verified',
        sentence: `This scan was kept for more than ${MAX_SCAN_AGE_MINUTES} minutes, so it was not sent. Ask the customer to show the code again.`,
        signal: 'kept',
      };
    case 'waiting':
      return standing.hold === 'sending' ? SENDING : { ...KEPT, sentence: HOLDS[standing.hold] };
  }
}

/** Whether the verdict asks for the order's total, or could be another one with another total. */
export function isAboutOrder(verdict: Verdict): boolean {
  return verdict.verdict === 'refused' && ORDER_REASONS.includes(verdict.reason ?? '');
}

const SENDING: Look = {
  tone: 'sending',
  icon: 'sending',
  title: 'Verifying…',
  short: null,
  sentence: null,
  signal: null,
};
const KEPT: Look = {
  tone: 'kept',
  icon: 'kept',
  title: 'Not verified yet',
  short: 'Kept on this device',
  sentence: null,
  signal: 'kept',
};
const HOLDS: Record<Exclude<Hold, 'sending'>, string> = {
  offline:
    'You are offline. This code is not verified yet. It is kept, and sent by itself when the network is back.',
  unreachable:
    'No answer came. This code is not verified yet. It is kept, and sent again by itself in a moment.',
  busy: 'The service is busy. This code is not verified yet. It is kept, and sent again by itself in a moment.',
  'sign-in':
    'Your sign-in has ended. This code is not verified yet. It is kept, and sent when you have signed in again.',
};

function verdictLook(verdict: Verdict, user: string): Look {
  if (verdict.verdict === 'accepted') {
    return {
      tone: 'accepted',
      icon: 'accepted',
      title: 'Accepted',
      short: null,
      sentence: null,
      signal: 'accepted',
    };
  }
  const words = refusalWords(verdict.reason);
  if (verdict.reason === 'order-required') {
    return {
      tone: 'missing',
      icon: 'missing',
      title: words.short,
      short: null,
      sentence: words.sentence,
      signal: 'kept',
    };
  }
  const sentence = verdict.redeemed ? earlierUse(verdict.redeemed, user) : words.sentence;
  return {
    tone: 'refused',
    icon: 'refused',
    title: 'Refused',
    short: words.short,
    sentence,
    signal: 'refused',
  };
}

/** When a coupon was used before, where, and by whom. */
export function earlierUse(use: EarlierUse, user: string): string {
  const where = use.store === undefined ? '' : ` in ${use.store}`;
  const who = use.operator === undefined ? '' : ` by ${use.operator === user ? 'you' : use.operator}`;
  const how = use.confirmation === undefined ? '' : ' in an order on the web';
  return `It was used ${spokenTime(use.at)}${where}${how}${who === '' ? '' : `, verified${who}`}.`;
}
