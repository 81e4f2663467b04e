/** Sends a request until it has its answer: always with the same key and the same body, so that it happens once. */

import { isTransient, retryAfterSeconds, UnreachableError } from './problems';

/** Sends a request once, as `fetch` does. */
export type Send = (request: Request) => Promise<Response>;

/** How often, and after which pauses, a request is sent. */
export type Retries = {
  /** How often at most, the first time included. */
  attempts: number;
  firstPauseMilliseconds: number;
  maxPauseMilliseconds: number;
  /** From 0 to 1; the upper half of each pause goes by it. */
  chance(): number;
  wait(milliseconds: number): Promise<void>;
};

export const KEY_HEADER = 'Idempotency-Key';

export const USUAL_RETRIES: Retries = {
  attempts: 4,
  firstPauseMilliseconds: 300,
  maxPauseMilliseconds: 10_000,
  chance: () => Math.random(),
  wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** Gives each write a key, unless it has one, and sends again what got no answer or one that asks to come again. */
export function sendingAgain(send: Send, retries: Retries): Send {
  return async (request) => {
    if (request.method !== 'GET' && !request.headers.has(KEY_HEADER)) {
      request.headers.set(KEY_HEADER, crypto.randomUUID());
    }
    for (let attempt = 1; ; attempt += 1) {
      // The body of a request is read once, so each attempt has its own.
      const outcome = await send(request.clone()).catch((error: unknown) => unanswered(request, error));
      const isAnswer = outcome instanceof Response;
      if (isAnswer && !isTransient(outcome.status)) return outcome;
      if (attempt >= retries.attempts) {
        if (isAnswer) return outcome;
        throw outcome;
      }
      const asked = isAnswer ? (retryAfterSeconds(outcome) ?? 0) * 1_000 : 0;
      const pause = Math.max(pauseMilliseconds(attempt, retries), asked);
      // Whoever is asked to come back much later does so with their own plan for it.
      if (isAnswer && pause > retries.maxPauseMilliseconds) return outcome;
      await retries.wait(pause);
    }
  };
}

/** What the caller gave up is not sent again; all else that has no answer is. */
function unanswered(request: Request, error: unknown): UnreachableError {
  if (request.signal.aborted) throw error;
  return error instanceof UnreachableError ? error : new UnreachableError('no answer', { cause: error });
}

function pauseMilliseconds(attempt: number, retries: Retries): number {
  const whole = Math.min(retries.firstPauseMilliseconds * 2 ** (attempt - 1), retries.maxPauseMilliseconds);
  return Math.round(whole / 2 + (whole / 2) * retries.chance());
}
