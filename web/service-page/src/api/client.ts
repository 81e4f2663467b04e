/** Calls the API next to which the page is served. */

import type { Session } from '../sign-in/session';
import { type ProblemError, problemOf, SignInNeededError, UnreachableError } from './errors';
import type { Membership, Page, Reversal, Verdict, Verification } from './types';

/** How long an answer may take. A counter waits no longer; what was asked for is kept and sent again. */
export const ANSWER_PATIENCE_MILLISECONDS = 12_000;
/** How many verifications a page of the list has. */
const LIST_PAGE_ITEMS = 25;

/** What a scan asks the server. */
export type VerificationRequest = {
  code: string;
  store: string;
  merchant: string;
  order?: { reference?: string; total: { amount: number; currency: string } };
  scanned_at: string;
};

/** Which verifications are listed. */
export type ListFilter = { store: string; from: string; to?: string; operator?: string; after?: string };

/** Told after every call whether the server could be reached, and what time it has there. */
export type Listener = {
  reached(isReachable: boolean): void;
  dated(date: string | null): void;
};

export class Client {
  constructor(
    private readonly base: URL,
    private readonly session: Session,
    private readonly listener: Listener,
  ) {}

  /** The stores in which the user is an operator. */
  async stores(): Promise<Membership[]> {
    return (await this.json<Page<Membership>>('GET', 'me/stores')).items;
  }

  /** Verifies a code. The same key asks for the same answer. */
  verify(key: string, request: VerificationRequest): Promise<Verdict> {
    return this.json<Verdict>('POST', 'verifications', { key, body: request });
  }

  /** What was verified, newest first. */
  verifications(merchant: string, filter: ListFilter): Promise<Page<Verification>> {
    const query = new URLSearchParams({ ...filter, limit: String(LIST_PAGE_ITEMS) });
    return this.json('GET', `merchants/${encodeURIComponent(merchant)}/verifications?${query}`);
  }

  /** Takes a verification back. */
  reverse(verification: string, key: string): Promise<Reversal> {
    return this.json('POST', `verifications/${encodeURIComponent(verification)}/reversals`, { key });
  }

  /** What was verified in a period, as CSV. */
  async exported(merchant: string, filter: { store: string; from: string; to: string }): Promise<Blob> {
    const query = new URLSearchParams(filter);
    const response = await this.call(
      'GET',
      `merchants/${encodeURIComponent(merchant)}/verifications/export?${query}`,
    );
    return this.body(() => response.blob());
  }

  private async json<T>(
    method: string,
    path: string,
    sent: { key?: string; body?: unknown } = {},
  ): Promise<T> {
    const response = await this.call(method, path, sent);
    return this.body(() => response.json() as Promise<T>);
  }

  /** A body that breaks off is no answer. */
  private async body<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch {
      this.listener.reached(false);
      throw new UnreachableError();
    }
  }

  private async call(
    method: string,
    path: string,
    sent: { key?: string; body?: unknown } = {},
  ): Promise<Response> {
    const response = await this.fetched(method, path, sent, await this.session.token());
    if (response.status !== 401) return this.checked(response);
    // The token may have been withdrawn before its time; a new one gets one try.
    const again = await this.fetched(method, path, sent, await this.session.renewed());
    if (again.status === 401) {
      this.session.expire();
      throw new SignInNeededError();
    }
    return this.checked(again);
  }

  private async fetched(
    method: string,
    path: string,
    sent: { key?: string; body?: unknown },
    token: string,
  ): Promise<Response> {
    const headers = new Headers({ Authorization: `Bearer ${token}` });
    if (sent.key !== undefined) headers.set('Idempotency-Key', sent.key);
    if (sent.body !== undefined) headers.set('Content-Type', 'application/json');
    try {
      const response = await fetch(new URL(path, this.base), {
        method,
        headers,
        cache: 'no-store',
        credentials: 'omit',
        signal: AbortSignal.timeout(ANSWER_PATIENCE_MILLISECONDS),
        ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
      });
      this.listener.reached(true);
      this.listener.dated(response.headers.get('Date'));
      return response;
    } catch {
      this.listener.reached(false);
      throw new UnreachableError();
    }
  }

  private async checked(response: Response): Promise<Response> {
    if (response.ok) return response;
    throw (await problemOf(response)) satisfies ProblemError;
  }
}
