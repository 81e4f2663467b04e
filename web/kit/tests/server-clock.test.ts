import { expect, test } from 'vitest';
import { ServerClock } from '../src/server-clock';
import { FakeStorage } from './fake-storage';

const NOW = Date.UTC(2026, 10, 28, 8);

test('a wrong clock is found out, and a small difference is none', () => {
  const clock = new ServerClock(new FakeStorage());
  clock.learn('Sat, 28 Nov 2026 08:00:03 GMT', NOW);
  expect(clock.offset).toBe(0);
  clock.learn('Sat, 28 Nov 2026 07:50:00 GMT', NOW);
  expect(clock.offset).toBe(-600_000);
  clock.learn(null, NOW);
  clock.learn('soon', NOW);
  expect(clock.offset).toBe(-600_000);
  clock.learn('Sat, 28 Nov 2026 08:00:00 GMT', NOW);
  expect(clock.offset).toBe(0);
});
