/** Sends entries, keeps those without an answer, and sends them again until they have one. */

import { ANSWER_PATIENCE_MILLISECONDS } from '../calls';
import { type Problem, ProblemError, SignInNeededError } from '../errors';
import { type Entry, isDue, sending, unanswered, waitingOf } from './entry';
import type { Shelf } from './shelf';

/** What the outbox needs of the world, so that tests can put another one in its place. */
export type World = {
  now(): number;
  chance(): number;
  isOnline(): boolean;
  /** Runs a task unless another tab is at it. */
  exclusively(name: string, task: () => Promise<void>): Promise<void>;
  later(task: () => void, milliseconds: number): () => void;
};

/** What is done with entries of one kind. */
export type Handling<T extends Entry> = {
  /** Names the entries, for locks. */
  name: string;
  /** Sends an entry: what it is with its answer. */
  send(entry: T): Promise<T>;
  /** What an entry is that the server does not take, so that sending it again would not help. */
  refused(entry: T, problem: Problem): T;
  /** What an entry has become by now, if its time may be over. */
  aged?(entry: T, now: number): T;
  /** Entries of one lane are sent one after the other, in the order in which they were made. */
  lane?(entry: T): string;
};

/** Told of each change: which entry, and none if one is gone. */
export type OutboxListener<T> = (entry: T | null) => void;

export class Outbox<T extends Entry> {
  private readonly busy = new Set<string>();
  private readonly listeners = new Set<OutboxListener<T>>();
  private cancelTimer: () => void = () => {};
  private isStopped = false;

  constructor(
    protected readonly shelf: Shelf<T>,
    private readonly world: World,
    private readonly handling: Handling<T>,
  ) {}

  get(key: string): T | null {
    return this.shelf.get(key);
  }

  all(): T[] {
    return this.shelf.all();
  }

  /** Forgets an entry: its answer was seen, or nobody wants it sent any more. */
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
    const due = this.shelf.all().filter((entry) => isDue(entry, now) || (isUrgent && isHeld(entry)));
    const lanes = new Set(due.map((entry) => this.laneOf(entry)));
    await Promise.all(
      [...lanes].map((lane) => this.sendInTurn(due.filter((entry) => this.laneOf(entry) === lane))),
    );
    this.schedule();
  }

  /** Nothing is sent any more, since the user is another one. */
  stop(): void {
    this.isStopped = true;
    this.cancelTimer();
    this.listeners.clear();
  }

  subscribe(listener: OutboxListener<T>): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Keeps a new entry, and sends it if there is a network. */
  protected begin(entry: T): T {
    this.keep(entry);
    if (this.world.isOnline()) void this.sendInTurn([entry]);
    return this.shelf.get(entry.key) ?? entry;
  }

  /** Sends entries one after the other; what comes after one without an answer waits for it. */
  private async sendInTurn(entries: T[]): Promise<void> {
    for (const entry of entries) {
      if (this.isBehindAnother(entry)) return;
      await this.send(entry.key);
    }
    this.sendNext(entries.at(-1));
  }

  /** What was made while its predecessor was on its way goes now. */
  private sendNext(entry: T | undefined): void {
    if (!entry || this.isStopped || !this.world.isOnline()) return;
    const next = this.lane(entry).find((other) => waitingOf(other) !== null);
    if (next && next.key !== entry.key) void this.sendInTurn([next]);
  }

  private isBehindAnother(entry: T): boolean {
    const first = this.lane(entry).find((other) => waitingOf(other) !== null);
    return first !== undefined && first.key !== entry.key;
  }

  private lane(entry: T): T[] {
    const lane = this.laneOf(entry);
    return this.shelf.all().filter((other) => this.laneOf(other) === lane);
  }

  private laneOf(entry: T): string {
    return this.handling.lane?.(entry) ?? entry.key;
  }

  private async send(key: string): Promise<void> {
    if (this.busy.has(key)) return;
    this.busy.add(key);
    try {
      await this.world.exclusively(`scrip.${this.handling.name}.${key}`, () => this.sendOnce(key));
    } finally {
      this.busy.delete(key);
      this.tell(this.shelf.get(key));
      this.schedule();
    }
  }

  private async sendOnce(key: string): Promise<void> {
    const kept = this.shelf.get(key);
    if (!kept || !waitingOf(kept)) return;
    const entry = sending(kept, this.world.now() + ANSWER_PATIENCE_MILLISECONDS);
    this.keep(entry);
    const next = await this.asked(entry);
    // It may have been discarded meanwhile.
    if (this.shelf.get(key)) this.keep(next);
  }

  private async asked(entry: T): Promise<T> {
    try {
      return await this.handling.send(entry);
    } catch (error) {
      return this.without(entry, error);
    }
  }

  private without(entry: T, error: unknown): T {
    const [now, chance] = [this.world.now(), this.world.chance()];
    if (error instanceof SignInNeededError) return unanswered(entry, 'sign-in', now, chance);
    if (!(error instanceof ProblemError)) {
      return unanswered(entry, this.world.isOnline() ? 'unreachable' : 'offline', now, chance);
    }
    if (error.isTransient) return unanswered(entry, 'busy', now, chance, error.retryAfterSeconds);
    return this.handling.refused(entry, error.problem);
  }

  private giveUpTooOld(): void {
    const now = this.world.now();
    for (const entry of this.shelf.all()) {
      const older = this.handling.aged?.(entry, now) ?? entry;
      if (older.standing.kind !== entry.standing.kind) this.keep(older);
    }
  }

  private schedule(): void {
    this.cancelTimer();
    const dueAts = this.shelf.all().flatMap((entry) => waitingOf(entry)?.dueAt ?? []);
    if (this.isStopped || dueAts.length === 0) return;
    const wait = Math.max(Math.min(...dueAts) - this.world.now(), MIN_TIMER_MILLISECONDS);
    this.cancelTimer = this.world.later(() => void this.resend(), wait);
  }

  private keep(entry: T): void {
    this.shelf.put(entry);
    this.tell(entry);
  }

  private tell(entry: T | null): void {
    for (const listener of this.listeners) listener(entry);
  }
}

/** A timer that is overdue, for what another tab is at, does not spin. */
const MIN_TIMER_MILLISECONDS = 500;

function isHeld(entry: Entry): boolean {
  const waiting = waitingOf(entry);
  return waiting !== null && waiting.hold !== 'sending';
}
