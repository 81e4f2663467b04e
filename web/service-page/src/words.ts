/** What operators are told, in plain sentences, for the codes of refusals and errors. */

import type { Problem } from 'scrip-kit/errors';
import { decimalString, type WrongAmount } from 'scrip-kit/money';
import type { SignInFailure } from 'scrip-kit/sign-in/flow';

/** A refusal in a few words that can be read at arm's length, and in a sentence. */
export type RefusalWords = { short: string; sentence: string };

/** Why a coupon is refused. */
const REFUSALS: Record<string, RefusalWords> = {
  'code-not-accepted': {
    short: 'Code not accepted',
    sentence:
      'The code is not right, or its minute is over. Ask the customer to show it again, and scan that.',
  },
  revoked: { short: 'Taken back', sentence: 'This coupon was a reward, and it was taken back.' },
  'already-redeemed': { short: 'Already used', sentence: 'This coupon was used before.' },
  'coupon-pooled': {
    short: 'Still shared',
    sentence: 'The coupon lies in the customer’s pool. They take it out in their app, then show it again.',
  },
  'coupon-reserved': {
    short: 'Reserved',
    sentence: 'A contact of the customer has reserved this coupon, so only that contact can use it now.',
  },
  'reservation-lapsed': {
    short: 'Reservation is over',
    sentence:
      'The customer reserved this coupon too long ago. They reserve it again, then show the new code.',
  },
  expired: { short: 'Expired', sentence: 'The time in which this coupon can be used is over.' },
  'not-yet-valid': { short: 'Not valid yet', sentence: 'This coupon can’t be used yet.' },
  'wrong-store': { short: 'Not for this store', sentence: 'This coupon can’t be used in this store.' },
  'order-required': {
    short: 'Order total needed',
    sentence: 'What this coupon is worth depends on the order. Enter the order’s total.',
  },
  'order-below-minimum': {
    short: 'Order too small',
    sentence: 'The order comes to less than this coupon asks for.',
  },
  'not-applicable': { short: 'Takes nothing off', sentence: 'This coupon takes nothing off this order.' },
  'budget-exhausted': { short: 'Used up', sentence: 'All that this offer may give away is given away.' },
  'currency-mismatch': {
    short: 'Other currency',
    sentence: 'The order’s total is in another currency than the coupon.',
  },
  'self-redemption': {
    short: 'Own shared coupon',
    sentence: 'The customer shared this coupon themselves, so they can’t use it as somebody else.',
  },
  'not-shared-with-you': {
    short: 'No longer shared',
    sentence: 'The customer and the one who shared the coupon are no longer contacts.',
  },
  'limit-exceeded': {
    short: 'Limit reached',
    sentence: 'The customer has used as many of these as one may.',
  },
  'too-late': {
    short: 'Scanned too long ago',
    sentence: 'The scan was kept for too long to be counted. Ask the customer to show the code again.',
  },
  'too-early': {
    short: 'Clock is wrong',
    sentence: 'This device’s clock is ahead. Set its date and time to automatic, then scan again.',
  },
};

const PROBLEMS: Record<string, string> = {
  unauthenticated: 'Your sign-in has ended. Sign in again.',
  'wrong-role':
    'You are no operator of this store. Ask the owner to name you as one, or choose another store.',
  'not-found': 'This is not there any more. Load the list again.',
  'idempotency-key-reused':
    'This was sent before in another form, and its answer is lost. Look at today’s list.',
  'amount-not-positive': 'The total must be above zero.',
  'unknown-currency': 'This store’s currency is not known. Tell the owner.',
  'currency-mismatch': 'The order’s total is in another currency than the coupon.',
  'card-number-refused': 'The reference looks like a payment card number. Enter another one.',
  'not-redeemed': 'Nothing was redeemed here, so there is nothing to undo.',
  'already-reversed': 'This was undone before.',
  'reversal-window-over': 'It can only be undone on the day of the redemption, and that day is over.',
  'reward-used':
    'It can’t be undone: the customer who shared this coupon got a reward for it, and has used that reward already.',
  'too-many': 'There are too many verifications in these days. Choose fewer days.',
  'too-late': 'The scan was kept for too long to be counted. Ask the customer to show the code again.',
  'too-early': 'This device’s clock is ahead. Set its date and time to automatic, then scan again.',
  'too-many-requests': 'There are too many requests just now. It goes on by itself in a moment.',
  busy: 'The service is busy. Try again in a moment.',
  internal: 'Something is wrong on our side. Try again in a moment.',
  'route-not-found': 'This page is newer than the service, or older. Load the page again.',
  'status-401': 'Your sign-in has ended. Sign in again.',
  'status-403': 'The service does not let you do this. Ask the owner whether you are still an operator.',
  'status-404': 'The service does not know this. Load the page again.',
  'status-429': 'There are too many requests just now. Try again in a moment.',
};

const UNKNOWN_PROBLEM = 'This did not work. Try again in a moment.';

/** Words for why a coupon is refused. A reason that the page does not know yet is shown as the server names it. */
export function refusalWords(reason: string | undefined): RefusalWords {
  const known = reason === undefined ? undefined : REFUSALS[reason];
  if (known) return known;
  const named = reason?.replaceAll('-', ' ') ?? 'no reason given';
  return { short: capitalised(named), sentence: 'This coupon can’t be used here.' };
}

/** Words for an error: ours for codes that operators meet, else what the server says. */
export function problemWords(problem: Problem): string {
  const words = PROBLEMS[problem.code] ?? problem.detail ?? problem.title;
  if (words) return words;
  return problem.status >= 500 ? (PROBLEMS.internal ?? UNKNOWN_PROBLEM) : UNKNOWN_PROBLEM;
}

/** The codes for which this page has words of its own. */
export const KNOWN_REASONS: readonly string[] = Object.keys(REFUSALS);
/** The codes of errors for which this page has words of its own. */
export const KNOWN_PROBLEMS: readonly string[] = Object.keys(PROBLEMS);

/** What is wrong with a typed total. */
export function totalWords(reason: WrongAmount, currency: string): string {
  switch (reason) {
    case 'empty':
      return 'Enter the order’s total.';
    case 'malformed':
      return `Write the total in digits, like ${decimalString(EXAMPLE_MINOR_UNITS, currency)}.`;
    case 'too-large':
      return 'This total is too large. Check it again.';
    case 'zero':
      return 'The total must be above zero.';
  }
}

const EXAMPLE_MINOR_UNITS = 125_000;

/** Why a sign-in did not come about. */
export function signInWords(failure: SignInFailure): string {
  return SIGN_IN_FAILURES[failure];
}

const SIGN_IN_FAILURES: Record<SignInFailure, string> = {
  'begun-elsewhere': 'The sign-in was begun in another tab or too long ago. Sign in again.',
  unreachable: 'The sign-in service could not be reached. Sign in again.',
  'not-accepted': 'The sign-in service did not accept the sign-in. Sign in again.',
  'not-completed': 'The sign-in was not completed. Sign in again.',
  unchecked: 'The sign-in could not be checked. Sign in again.',
  busy: 'The sign-in service is busy.',
};

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
