import { expect, test } from 'vitest';
import { FakeStorage } from '../../kit/tests/fake-storage';
import { newScan } from '../src/outbox/scan';
import { Shelf } from '../src/outbox/shelf';

const USERS = ['ann', 'ann@example', 'ann@example.com', 'auth0|64f', 'a%2Eb', 'a.b', 'a.', '=1+1', '"\\"'];

test("a user's scans are nobody else's, whatever the ids hold", () => {
  const storage = new FakeStorage();
  const presented = { code: '1', merchant: 'mch_1', store: 's1' };
  for (const user of USERS) {
    const scan = newScan(presented, `key-of-${user}`, { now: 0, clockOffset: 0 }, true);
    new Shelf(storage, user).put(scan);
  }
  for (const user of USERS) {
    const shelf = new Shelf(storage, user);
    expect(shelf.all().map((scan) => scan.key)).toEqual([`key-of-${user}`]);
  }
});

test('what was kept for a user before is found', () => {
  const storage = new FakeStorage();
  new Shelf(storage, 'olga-1_A').put(
    newScan({ code: '1', merchant: 'm', store: 's' }, 'k1', { now: 0, clockOffset: 0 }, true),
  );
  expect(storage.key(0)).toBe('scrip.scan.olga-1_A.k1');
});
