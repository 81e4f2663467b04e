import fc from 'fast-check';
import { backoffMilliseconds } from 'scrip-kit/outbox/entry';
import { describe, expect, test } from 'vitest';
import { MAX_KEPT_SCANS, type Scan } from '../src/outbox/scan';
import { keptOnDevice, Shelf } from '../src/outbox/shelf';
import { FakeWorld, type Fate, settled } from './fake-world';

const MINUTE = 60_000;

async function scan(world: FakeWorld, code = 'c1'): Promise<Scan> {
  const submission = world.outbox.submit({ code, merchant: 'mch_1', store: 's1' });
  if (submission.kind === 'full') throw new Error('full');
  await settled();
  return now(world, submission.scan.key);
}

function now(world: FakeWorld, key: string): Scan {
  const found = world.outbox.get(key);
  if (!found) throw new Error(`${key} is gone`);
  return found;
}

const verdictOf = ({ standing }: Scan) =>
  standing.kind === 'answered' ? standing.verdict.verdict : standing.kind;

describe('a scan', () => {
  const sent = { code: 'c1', merchant: 'mch_1', store: 's1', scanned_at: '2026-11-28T08:00:00.000Z' };

  test('is sent at once and says when it was made', async () => {
    const world = new FakeWorld();
    expect(verdictOf(await scan(world))).toBe('accepted');
    expect(world.server.requests).toEqual([sent]);
  });

  test('is kept without a network, and sent as it was when that is back', async () => {
    const world = new FakeWorld();
    world.link = false;
    const { key, standing } = await scan(world);
    expect(standing).toMatchObject({ kind: 'waiting', hold: 'offline' });
    expect(world.server.requests).toEqual([]);
    await world.pass(10 * MINUTE);
    world.reopen();
    world.link = true;
    await world.outbox.resend(true);
    expect(verdictOf(now(world, key))).toBe('accepted');
    expect(world.server.requests).toEqual([sent]);
  });

  test.each<Fate>(['lost-before', 'lost-after', 'busy', 'sign-in'])(
    '%s is sent again by itself, and counts once',
    async (fate) => {
      const world = new FakeWorld();
      world.fates = [fate];
      const { key, standing } = await scan(world);
      expect(standing.kind).toBe('waiting');
      await world.pass(5 * MINUTE);
      expect(verdictOf(now(world, key))).toBe('accepted');
      expect(world.server.redemptions).toBe(1);
    },
  );

  test('that the server asks to come later is not sent before', async () => {
    const world = new FakeWorld();
    world.fates = ['too-many'];
    const { key } = await scan(world);
    await world.pass(6_900);
    expect(now(world, key).standing.kind).toBe('waiting');
    await world.pass(200);
    expect(verdictOf(now(world, key))).toBe('accepted');
  });

  test('that was never sent is given up when its hour is over', async () => {
    const world = new FakeWorld();
    world.link = false;
    const { key } = await scan(world);
    await world.pass(61 * MINUTE);
    world.link = true;
    await world.outbox.resend(true);
    expect(now(world, key).standing.kind).toBe('too-old');
    expect(world.server.requests).toEqual([]);
  });

  test.each<[Fate[], boolean]>([
    [['lost-after'], true],
    [['lost-before', 'lost-after'], true],
    [['lost-before'], false],
  ])('that may have arrived is asked for even then: %j', async (fates, hasArrived) => {
    const world = new FakeWorld();
    world.fates = [...fates];
    const { key } = await scan(world);
    for (let tries = 1; tries < fates.length; tries += 1) await world.pass(5_000);
    world.link = false;
    await world.pass(2 * 60 * MINUTE);
    world.link = true;
    await world.outbox.resend(true);
    expect(verdictOf(now(world, key))).toBe(hasArrived ? 'accepted' : 'refused');
    expect(world.server.redemptions).toBe(hasArrived ? 1 : 0);
  });

  test('of the same code waits with the first one', async () => {
    const world = new FakeWorld();
    world.link = false;
    const first = await scan(world);
    expect((await scan(world)).key).toBe(first.key);
    expect(world.outbox.all()).toHaveLength(1);
  });

  test.each<Fate>(['closed-before', 'closed-after'])(
    'on whose request the page was closed (%s) counts as of its scan',
    async (fate) => {
      const world = new FakeWorld();
      world.fates = [fate];
      const { key, standing } = await scan(world);
      expect(standing).toMatchObject({ kind: 'waiting', hold: 'sending' });
      world.reopen();
      await world.pass(20 * MINUTE);
      await world.outbox.resend(true);
      expect(verdictOf(now(world, key))).toBe('accepted');
      expect(world.server.redemptions).toBe(1);
    },
  );

  test('that is asked for anew with an order counts as of when it was made', async () => {
    const world = new FakeWorld();
    const { scannedAt } = await scan(world);
    await world.pass(3 * MINUTE);
    const order = { total: { amount: 1_000, currency: 'CNY' } };
    world.outbox.submit({ code: 'c2', merchant: 'mch_1', store: 's1', order, scannedAt });
    await settled();
    expect(world.server.requests.map((request) => request.scanned_at)).toEqual(
      Array(2).fill(sent.scanned_at),
    );
  });

  test('that is discarded on its way is not kept again', async () => {
    const world = new FakeWorld();
    const submission = world.outbox.submit({ code: 'c1', merchant: 'mch_1', store: 's1' });
    if (submission.kind === 'scan') world.outbox.discard(submission.scan.key);
    await settled();
    expect(world.outbox.all()).toEqual([]);
  });
});

test('a device keeps a bounded number of scans, each for its user', async () => {
  const world = new FakeWorld();
  world.link = false;
  for (let count = 0; count < MAX_KEPT_SCANS; count += 1) await scan(world, `code-${count}`);
  expect(world.outbox.submit({ code: 'more', merchant: 'mch_1', store: 's1' })).toEqual({ kind: 'full' });
  expect(keptOnDevice(world.storage)).toBe(MAX_KEPT_SCANS);
  expect(new Shelf(world.storage, 'other').all()).toEqual([]);
});

test('what is no kept scan is passed over', () => {
  const world = new FakeWorld();
  for (const text of ['', '{', 'null', '{"format": 99, "scan": {}}'])
    world.storage.setItem('scrip.scan.olga.x', text);
  expect(world.outbox.all()).toEqual([]);
});

test('waits grow, stay bounded, and differ by chance', () => {
  const sends = fc.integer({ min: 1, max: 1_000 });
  const chance = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(sends, chance, (count, by) => {
      const wait = backoffMilliseconds(count, by);
      expect(wait).toBeGreaterThanOrEqual(500);
      expect(wait).toBeLessThanOrEqual(60_000);
      expect(backoffMilliseconds(count + 1, by)).toBeGreaterThanOrEqual(wait);
    }),
  );
});

type Step =
  | { do: 'scan'; code: string; fates: Fate[] }
  | { do: 'pass'; minutes: number; fates: Fate[] }
  | { do: 'link'; isUp: boolean }
  | { do: 'reopen' };

const fates = fc.array(
  fc.constantFrom<Fate>(
    'answered',
    'lost-before',
    'lost-after',
    'busy',
    'too-many',
    'sign-in',
    'closed-before',
    'closed-after',
  ),
  { maxLength: 4 },
);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('scan' as const), code: fc.constantFrom('c1', 'c2', 'c3'), fates }),
    fc.record({ do: fc.constant('pass' as const), minutes: fc.integer({ min: 0, max: 40 }), fates }),
    fc.record({ do: fc.constant('link' as const), isUp: fc.boolean() }),
    fc.record({ do: fc.constant('reopen' as const) }),
  ),
  { maxLength: 25 },
);

async function take(world: FakeWorld, step: Step): Promise<void> {
  switch (step.do) {
    case 'scan':
      world.fates = [...step.fates];
      await scan(world, step.code);
      return;
    case 'pass':
      world.fates = [...step.fates];
      return world.pass(step.minutes * MINUTE);
    case 'link':
      world.link = step.isUp;
      return;
    case 'reopen':
      world.reopen();
      void world.outbox.resend(true);
      await settled();
  }
}

test('whatever happens, each scan ends with the server’s own verdict, and a coupon is used once', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const world = new FakeWorld();
      for (const step of all) await take(world, step);
      world.link = true;
      world.fates = [];
      world.reopen();
      await world.outbox.resend(true);
      await world.pass(2 * MINUTE);
      for (const { key, sends, standing } of world.outbox.all()) {
        expect(['answered', 'too-old']).toContain(standing.kind);
        if (standing.kind === 'answered')
          expect(standing.verdict).toEqual(world.server.answers.get(key)?.verdict);
        else expect([sends, world.server.answers.has(key)]).toEqual([0, false]);
      }
      const accepted = world.outbox.all().filter((one) => verdictOf(one) === 'accepted');
      expect(accepted).toHaveLength(world.server.redemptions);
      expect(new Set(accepted.map(({ code }) => code)).size).toBe(accepted.length);
    }),
    { numRuns: 300 },
  );
});
