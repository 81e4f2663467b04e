import { expect, test } from 'vitest';
import { newScan, requestOf } from '../src/outbox/scan';

test('a kept scan is dated by the server’s clock', () => {
  const presented = { code: '1', merchant: 'mch_1', store: 's1' };
  const at = { now: Date.UTC(2026, 10, 28, 8), clockOffset: -600_000 };
  const scan = newScan(presented, 'key', at, false);
  expect(requestOf(scan).scanned_at).toBe('2026-11-28T07:50:00.000Z');
});
