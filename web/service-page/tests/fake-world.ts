/** A server and a browser for tests of the outbox: time stands still unless told, and networks fail as told. */

import { ProblemError, SignInNeededError, UnreachableError } from 'scrip-kit/errors';
import { FakeStorage } from '../../kit/tests/fake-storage';
import type { VerificationRequest } from '../src/api/client';
import type { Verdict } from '../src/api/types';
import { Outbox, type World } from '../src/outbox/outbox';
import { Shelf } from '../src/outbox/shelf';

/** What befalls a request. */
export type Fate =
  | 'answered'
  | 'lost-before'
  | 'lost-after'
  | 'busy'
  | 'too-many'
  | 'sign-in'
  | 'closed-before'
  | 'closed-after';

/** The page is closed before its request is answered. */
const NEVER = new Promise<never>(() => {});

/** How long a code counts from when it was scanned. */
const SCAN_LIFE_MILLISECONDS = 60 * 60_000;

/** Judges each key once, as the service does. */
export class FakeServer {
  readonly answers = new Map<string, { body: string; verdict: Verdict }>();
  readonly requests: VerificationRequest[] = [];
  private readonly used = new Set<string>();

  verify(key: string, request: VerificationRequest, now: number): Verdict {
    this.requests.push(request);
    const body = JSON.stringify(request);
    const first = this.answers.get(key);
    if (first && first.body !== body) throw problem(422, 'idempotency-key-reused');
    if (first) return first.verdict;
    const verdict = this.judge(key, request, now);
    this.answers.set(key, { body, verdict });
    return verdict;
  }

  get redemptions(): number {
    return this.used.size;
  }

  private judge(key: string, request: VerificationRequest, now: number): Verdict {
    const said = { id: key, merchant: request.merchant, at: new Date(now).toISOString() };
    const isInTime = now - Date.parse(request.scanned_at) <= SCAN_LIFE_MILLISECONDS;
    if (!isInTime) return { ...said, verdict: 'refused', reason: 'code-not-accepted' };
    if (this.used.has(request.code)) return { ...said, verdict: 'refused', reason: 'already-redeemed' };
    this.used.add(request.code);
    return { ...said, verdict: 'accepted' };
  }
}

export class FakeWorld implements World {
  time = Date.UTC(2026, 10, 28, 8);
  link = true;
  fates: Fate[] = [];
  timers: { at: number; task: () => void }[] = [];
  keys = 0;
  readonly storage = new FakeStorage();
  outbox = this.opened();

  constructor(readonly server = new FakeServer()) {}

  /** The page is closed and opened again: only the storage stays. */
  reopen(): void {
    this.outbox.stop();
    this.timers = [];
    this.outbox = this.opened();
  }

  async verify(key: string, request: VerificationRequest): Promise<Verdict> {
    const fate = this.fates.shift() ?? 'answered';
    if (!this.link || fate === 'lost-before') throw new UnreachableError();
    if (fate === 'closed-before') return NEVER;
    if (fate === 'busy') throw problem(503, 'busy');
    if (fate === 'too-many') throw problem(429, 'too-many-requests', 7);
    if (fate === 'sign-in') throw new SignInNeededError();
    const verdict = this.server.verify(key, request, this.time);
    if (fate === 'lost-after') throw new UnreachableError();
    if (fate === 'closed-after') return NEVER;
    return verdict;
  }

  now = () => this.time;
  clockOffset = () => 0;
  chance = () => 0.5;
  isOnline = () => this.link;
  exclusively = (_name: string, task: () => Promise<void>) => task();

  newKey(): string {
    this.keys += 1;
    return `key-${this.keys}`;
  }

  later(task: () => void, milliseconds: number): () => void {
    const timer = { at: this.time + milliseconds, task };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Lets time pass, and what is due run. */
  async pass(milliseconds: number): Promise<void> {
    this.time += milliseconds;
    const due = this.timers.filter((timer) => timer.at <= this.time);
    this.timers = this.timers.filter((timer) => timer.at > this.time);
    for (const timer of due) timer.task();
    await settled();
  }

  private opened(): Outbox {
    return new Outbox(new Shelf(this.storage, 'olga'), this);
  }
}

/** Lets all that is answered already be worked through. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
}

export function problem(status: number, code: string, retryAfterSeconds?: number): ProblemError {
  return new ProblemError({ status, code }, retryAfterSeconds);
}
