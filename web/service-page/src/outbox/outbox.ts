/** Sends scans, keeps those without an answer, and sends them again until they have one. */

import { ANSWER_PATIENCE_MILLISECONDS, type VerificationRequest } from '../api/client';
import { ProblemError, SignInNeededError } from '../api/errors';
import type { Verdict } from '../api/types';
import { problemWords } from '../words';
import {
  aged,
  answered,
  failed,
  isDue,
  MAX_KEPT_SCANS,
  newScan,
  type Presented,
  requestOf,
  type Scan,
  sending,
  unanswered,
} from './scan';
import type { Shelf } from './shelf';

/** What the outbox needs of the world, so that tests can put another one in its place. */
export type World = {
  verify(key: string, request: VerificationRequest): Promise<Verdict>;
  now(): number;
  clockOffset(): number;
  chance(): number;
  newKey(): string;
  isOnline(): boolean;
  /** Runs a task unless another tab is at it. */
  exclusively(name: string, task: () => Promise<void>): Promise<void>;
  later(task: () => void, milliseconds: number): () => void;
};

/** What became of a presented code: a new scan, one of the same code that has no answer yet, or no room for more. */
export type Submission = { kind: 'scan'; scan: Scan } | { kind: 'full' };

/** Told of each change: which scan, and whether somebody may not have seen it coming. */
export type OutboxListener = (scan: Scan | null) => void;

export class Outbox {
  private readonly busy = new Set<string>();
  private readonly listeners = new Set<OutboxListener>();
  private cancelTimer: () => void = () => {};
  private isStopped = false;

  constructor(
    private readonly shelf: Shelf,
    private readonly world: World,
  ) {}

  /** Begins a scan and sends it. The same code in the same store is not sent a second time beside an open one. */
  submit(presented: Presented): Submission {
    const all = this.shelf.all();
    const open = all.find((scan) => isOpen(scan) && isSame(scan, presented));
    if (open) return { kind: 'scan', scan: open };
    if (all.length >= MAX_KEPT_SCANS) return { kind: 'full' };
    const at = { now: this.world.now(), clockOffset: this.world.clockOffset() };
    const scan = newScan(presented, this.world.newKey(), at, this.world.isOnline());
    this.keep(scan);
    if (this.world.isOnline()) void this.send(scan.key);
    return { kind: 'scan', scan: this.shelf.get(scan.key) ?? scan };
  }

  get(key: string): Scan | null {
    return this.shelf.get(key);
  }

  all(): Scan[] {
    return this.shelf.all();
  }

  isSending(key: string): boolean {
    return this.busy.has(key);
  }

  /** Forgets a scan: its verdict was seen, or the operator does not want it sent. */
  discard(key: string): void {
    this.shelf.remove(key);
    this.tell(null);
  }

  /** Another tab has changed what is kept. */
  changedElsewhere(): void {
    this.tell(null);
  }

  /** Sends all that is due, or all at once if somebody asks for it or the network is back. */
  async resend(isUrgent = false): Promise<void> {
    this.giveUpTooOld();
    if (this.isStopped || !this.world.isOnline()) return;
    const now = this.world.now();
    const due = this.shelf.all().filter((scan) => isDue(scan, now) || (isUrgent && isHeld(scan)));
    await Promise.all(due.map((scan) => this.send(scan.key)));
    this.schedule();
  }

  /** Nothing is sent any more, since the user is another one. */
  stop(): void {
    this.isStopped = true;
    this.cancelTimer();
    this.listeners.clear();
  }

  subscribe(listener: OutboxListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async send(key: string): Promise<void> {
    if (this.busy.has(key)) return;
    this.busy.add(key);
    try {
      await this.world.exclusively(`scrip.scan.${key}`, () => this.sendOnce(key));
    } finally {
      this.busy.delete(key);
      this.tell(this.shelf.get(key));
      this.schedule();
    }
  }

  private async sendOnce(key: string): Promise<void> {
    const kept = this.shelf.get(key);
    if (kept?.standing.kind !== 'waiting') return;
    const scan = sending(kept, this.world.now() + ANSWER_PATIENCE_MILLISECONDS);
    this.keep(scan);
    const next = await this.asked(scan);
    // It may have been discarded meanwhile.
    if (this.shelf.get(key)) this.keep(next);
  }

  private async asked(scan: Scan): Promise<Scan> {
    try {
      return answered(scan, await this.world.verify(scan.key, requestOf(scan)));
    } catch (error) {
      return this.without(scan, error);
    }
  }

  private without(scan: Scan, error: unknown): Scan {
    const [now, chance] = [this.world.now(), this.world.chance()];
    if (error instanceof SignInNeededError) return unanswered(scan, 'sign-in', now, chance);
    if (!(error instanceof ProblemError)) {
      return unanswered(scan, this.world.isOnline() ? 'unreachable' : 'offline', now, chance);
    }
    if (error.isTransient) return unanswered(scan, 'busy', now, chance, error.retryAfterSeconds);
    return failed(scan, problemWords(error.problem), error.problem.request_id);
  }

  private giveUpTooOld(): void {
    const now = this.world.now();
    for (const scan of this.shelf.all()) {
      const older = aged(scan, now);
      if (older.standing.kind !== scan.standing.kind) this.keep(older);
    }
  }

  private schedule(): void {
    this.cancelTimer();
    const waiting = this.shelf
      .all()
      .flatMap((scan) => (scan.standing.kind === 'waiting' ? [scan.standing.dueAt] : []));
    if (this.isStopped || waiting.length === 0) return;
    const wait = Math.max(Math.min(...waiting) - this.world.now(), MIN_TIMER_MILLISECONDS);
    this.cancelTimer = this.world.later(() => void this.resend(), wait);
  }

  private keep(scan: Scan): void {
    this.shelf.put(scan);
    this.tell(scan);
  }

  private tell(scan: Scan | null): void {
    for (const listener of this.listeners) listener(scan);
  }
}

/** A timer that is overdue, for what another tab is at, does not spin. */
const MIN_TIMER_MILLISECONDS = 500;

function isOpen(scan: Scan): boolean {
  return scan.standing.kind === 'waiting';
}

function isHeld(scan: Scan): boolean {
  return scan.standing.kind === 'waiting' && scan.standing.hold !== 'sending';
}

function isSame(scan: Scan, presented: Presented): boolean {
  return (
    scan.code === presented.code && scan.merchant === presented.merchant && scan.store === presented.store
  );
}
