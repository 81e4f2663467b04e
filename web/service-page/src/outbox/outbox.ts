/** Takes scans, and sends each until it has its verdict. */

import { Outbox as KitOutbox, type World as KitWorld } from 'scrip-kit/outbox/outbox';
import type { VerificationRequest } from '../api/client';
import type { Verdict } from '../api/types';
import { problemWords } from '../words';
import {
  aged,
  answered,
  failed,
  MAX_KEPT_SCANS,
  newScan,
  type Presented,
  requestOf,
  type Scan,
} from './scan';
import { SCAN, type Shelf } from './shelf';

/** What the outbox needs of the world, so that tests can put another one in its place. */
export type World = KitWorld & {
  verify(key: string, request: VerificationRequest): Promise<Verdict>;
  clockOffset(): number;
  newKey(): string;
};

/** What became of a presented code: a new scan, one of the same code that has no answer yet, or no room for more. */
export type Submission = { kind: 'scan'; scan: Scan } | { kind: 'full' };

export class Outbox extends KitOutbox<Scan> {
  constructor(
    shelf: Shelf,
    private readonly surroundings: World,
  ) {
    super(shelf, surroundings, {
      name: SCAN,
      send: async (scan) => answered(scan, await surroundings.verify(scan.key, requestOf(scan))),
      refused: (scan, problem) => failed(scan, problemWords(problem), problem.request_id),
      aged,
    });
  }

  /** Begins a scan and sends it. The same code in the same store is not sent a second time beside an open one. */
  submit(presented: Presented): Submission {
    const all = this.shelf.all();
    const open = all.find((scan) => scan.standing.kind === 'waiting' && isSame(scan, presented));
    if (open) return { kind: 'scan', scan: open };
    if (all.length >= MAX_KEPT_SCANS) return { kind: 'full' };
    const { surroundings } = this;
    const at = { now: surroundings.now(), clockOffset: surroundings.clockOffset() };
    const scan = newScan(presented, surroundings.newKey(), at, surroundings.isOnline());
    return { kind: 'scan', scan: this.begin(scan) };
  }
}

function isSame(scan: Scan, presented: Presented): boolean {
  return (
    scan.code === presented.code && scan.merchant === presented.merchant && scan.store === presented.store
  );
}
