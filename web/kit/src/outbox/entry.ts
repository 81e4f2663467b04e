/**
 * One request that must not be lost, from when it is made until its answer is seen. Nothing is read or written here.
 *
 * The server takes a request once for each idempotency key and answers it again word for word, so an entry has one key and
 * one body, however often and however late it is sent.
 */

const FIRST_RETRY_MILLISECONDS = 1_000;
const MAX_RETRY_MILLISECONDS = 60_000;

/** Why an entry has no answer yet. */
export type Hold = 'sending' | 'offline' | 'unreachable' | 'busy' | 'sign-in';

/** An entry that is sent again until it has its answer. */
export type Waiting = { kind: 'waiting'; hold: Hold; dueAt: number };

/** What each entry has; what it asks for, and how it may end, a page says. */
export type Entry = {
  key: string;
  /** How many requests were begun. Each of them may have arrived. */
  sends: number;
  standing: Waiting | { kind: string };
};

/** What an entry waits for, if it does. */
export function waitingOf(entry: Entry): Waiting | null {
  return 'hold' in entry.standing ? entry.standing : null;
}

/** The standing of an entry that was just made. */
export function begun(now: number, isOnline: boolean): Waiting {
  return { kind: 'waiting', hold: isOnline ? 'sending' : 'offline', dueAt: now };
}

/** Whether it should be sent now. */
export function isDue(entry: Entry, now: number): boolean {
  const waiting = waitingOf(entry);
  return waiting !== null && waiting.dueAt <= now;
}

/** A request is on its way. Closed upon, the page sends it again from `until` on. */
export function sending<T extends Entry>(entry: T, until: number): T {
  return { ...entry, sends: entry.sends + 1, standing: { kind: 'waiting', hold: 'sending', dueAt: until } };
}

/** No answer came, or one that asks to come again. `chance` is from 0 to 1 and spreads many devices. */
export function unanswered<T extends Entry>(
  entry: T,
  hold: Hold,
  now: number,
  chance: number,
  retryAfterSeconds = 0,
): T {
  const wait = Math.max(retryAfterSeconds * 1_000, backoffMilliseconds(entry.sends, chance));
  return { ...entry, standing: { kind: 'waiting', hold, dueAt: now + wait } };
}

/** How long to wait before the next try: doubled each time, capped, the upper half of it by chance. */
export function backoffMilliseconds(sends: number, chance: number): number {
  const whole = Math.min(FIRST_RETRY_MILLISECONDS * 2 ** Math.max(sends - 1, 0), MAX_RETRY_MILLISECONDS);
  return Math.round(whole / 2 + (whole / 2) * chance);
}
