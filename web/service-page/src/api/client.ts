/** Calls the API next to which the page is served. */

import type { Calls } from 'scrip-kit/calls';
import { type ProblemError, problemOf } from 'scrip-kit/errors';
import type { Membership, Page, Reversal, Verdict, Verification } from './types';

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

export class Client {
  constructor(
    private readonly base: URL,
    private readonly calls: Calls,
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
    return this.calls.body(() => response.blob());
  }

  private async json<T>(
    method: string,
    path: string,
    sent: { key?: string; body?: unknown } = {},
  ): Promise<T> {
    const response = await this.call(method, path, sent);
    return this.calls.body(() => response.json() as Promise<T>);
  }

  private async call(
    method: string,
    path: string,
    sent: { key?: string; body?: unknown } = {},
  ): Promise<Response> {
    const headers = new Headers();
    if (sent.key !== undefined) headers.set('Idempotency-Key', sent.key);
    if (sent.body !== undefined) headers.set('Content-Type', 'application/json');
    const body = sent.body === undefined ? {} : { body: JSON.stringify(sent.body) };
    const response = await this.calls.call(new URL(path, this.base), { method, headers, ...body });
    if (response.ok) return response;
    throw (await problemOf(response)) satisfies ProblemError;
  }
}
