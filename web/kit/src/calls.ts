/** Calls the API as whoever is signed in. */

import { SignInNeededError, UnreachableError } from './errors';
import type { Session } from './sign-in/session';

/** How long an answer may take. Nobody waits longer; what was asked for is kept and sent again. */
export const ANSWER_PATIENCE_MILLISECONDS = 12_000;

/** Told after every call whether the server could be reached, and what time it has there. */
export type Listener = {
  reached(isReachable: boolean): void;
  dated(date: string | null): void;
};

/** What is sent. */
export type Sent = { method: string; headers: Headers; body?: string };

export class Calls {
  constructor(
    private readonly session: Session,
    private readonly listener: Listener,
  ) {}

  /** The answer to a call, whatever it says. */
  async call(url: URL, sent: Sent): Promise<Response> {
    const response = await this.fetched(url, sent, await this.session.token());
    if (response.status !== 401) return response;
    // The token may have been withdrawn before its time; a new one gets one try.
    const again = await this.fetched(url, sent, await this.session.renewed());
    if (again.status !== 401) return again;
    this.session.expire();
    throw new SignInNeededError();
  }

  /** Reads an answer's body. One that breaks off is no answer. */
  async body<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch {
      this.listener.reached(false);
      throw new UnreachableError();
    }
  }

  private async fetched(url: URL, sent: Sent, token: string): Promise<Response> {
    const headers = new Headers(sent.headers);
    headers.set('Authorization', `Bearer ${token}`);
    try {
      const response = await fetch(url, {
        ...sent,
        headers,
        cache: 'no-store',
        credentials: 'omit',
        signal: AbortSignal.timeout(ANSWER_PATIENCE_MILLISECONDS),
      });
      this.listener.reached(true);
      this.listener.dated(response.headers.get('Date'));
      return response;
    } catch {
      this.listener.reached(false);
      throw new UnreachableError();
    }
  }
}
