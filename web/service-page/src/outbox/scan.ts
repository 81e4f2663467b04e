/**
 * One scan from when it is made until its verdict is seen. Nothing is read or written here.
 *
 * The server takes a request once for each idempotency key and answers it again word for word; the same key with
 * another body is refused. So a scan has one body, however late it is sent: it says when the code was scanned, and a code
 * that was shown then counts for an hour, though another one is shown by now.
 */

import type { Money } from 'scrip-kit/money';
import { begun, type Waiting } from 'scrip-kit/outbox/entry';
import type { VerificationRequest } from '../api/client';
import type { Verdict } from '../api/types';

/** How old a kept scan may be for the server to judge its code as of when it was scanned. */
export const MAX_SCAN_AGE_MINUTES = 60;
/** How many scans a device keeps. */
export const MAX_KEPT_SCANS = 50;
const MINUTE_MILLISECONDS = 60_000;

/** The order that a coupon is to be used on. */
export type Order = { reference?: string; total: Money };

/** Where a scan stands. */
export type Standing =
  | Waiting
  | { kind: 'answered'; verdict: Verdict }
  | { kind: 'failed'; detail: string; requestId?: string }
  | { kind: 'too-old' };

/** A presented code, with all that is needed to ask for its verdict once, however often it is sent. */
export type Scan = {
  key: string;
  code: string;
  merchant: string;
  store: string;
  order?: Order;
  scannedAt: number;
  /** How far the server's clock is ahead of this device's, as far as its last answer showed. */
  clockOffset: number;
  /** How many requests were begun. Each of them may have arrived. */
  sends: number;
  standing: Standing;
};

/** What is scanned where; and when, if a code that was scanned before is asked for with an order. */
export type Presented = Pick<Scan, 'code' | 'merchant' | 'store'> & { order?: Order; scannedAt?: number };

/** A time by this device's clock, and how far the server's is ahead. */
export type Moment = { now: number; clockOffset: number };

/** A scan that was just made. */
export function newScan(presented: Presented, key: string, at: Moment, isOnline: boolean): Scan {
  return {
    scannedAt: at.now,
    ...presented,
    key,
    clockOffset: at.clockOffset,
    sends: 0,
    standing: begun(at.now, isOnline),
  };
}

/** The body to send, the same each time. */
export function requestOf(scan: Scan): VerificationRequest {
  const { code, store, merchant, order } = scan;
  return {
    code,
    store,
    merchant,
    ...(order ? { order } : {}),
    scanned_at: new Date(scan.scannedAt + scan.clockOffset).toISOString(),
  };
}

/** Whether its code can't be judged any more as of when it was scanned. */
export function isTooOld(scan: Scan, now: number): boolean {
  return now - scan.scannedAt > MAX_SCAN_AGE_MINUTES * MINUTE_MILLISECONDS;
}

/** A scan whose time is over is given up if it was never sent. One that may have arrived is asked for all the same. */
export function aged(scan: Scan, now: number): Scan {
  const isGivenUp = scan.standing.kind === 'waiting' && scan.sends === 0 && isTooOld(scan, now);
  return isGivenUp ? { ...scan, standing: { kind: 'too-old' } } : scan;
}

/** The server has judged it. */
export function answered(scan: Scan, verdict: Verdict): Scan {
  return { ...scan, standing: { kind: 'answered', verdict } };
}

/** The server does not take it, so that sending it again would not help. */
export function failed(scan: Scan, detail: string, requestId?: string): Scan {
  return { ...scan, standing: { kind: 'failed', detail, ...(requestId ? { requestId } : {}) } };
}
