import { dateField, dayOf } from 'scrip-kit/times';
import { expect, test } from 'vitest';
import { MAX_EXPORT_DAYS, periodOf } from '../src/screens/export';
import { spokenTime } from '../src/ui/times';

test('a period has whole days of this place', () => {
  const period = periodOf('2026-11-28', '2026-11-28');
  expect(period).toEqual({ from: new Date(2026, 10, 28), to: new Date(2026, 10, 29) });
});

test('a period is at most as long as the server exports', () => {
  expect(periodOf('2026-01-01', '2026-01-31')).toHaveProperty('to');
  expect(periodOf('2026-01-01', '2026-02-01')).toBe(`Choose at most ${MAX_EXPORT_DAYS} days.`);
  expect(periodOf('2026-01-02', '2026-01-01')).toMatch(/before the first/);
  expect(periodOf('', '2026-01-01')).toMatch(/Choose the first/);
});

test('a day is what its field says', () => {
  expect(dateField(new Date(2026, 0, 5, 23, 59))).toBe('2026-01-05');
  expect(dayOf('2026-01-05')).toEqual(new Date(2026, 0, 5));
  expect(dayOf('today')).toBeNull();
});

test('a time is told by its day', () => {
  const now = new Date(2026, 10, 28, 12, 0);
  expect(spokenTime(new Date(2026, 10, 28, 0, 5).getTime(), now, 'en-GB')).toBe('today at 00:05');
  expect(spokenTime(new Date(2026, 10, 27, 23, 55).getTime(), now, 'en-GB')).toBe('yesterday at 23:55');
  expect(spokenTime(new Date(2026, 9, 1, 9, 0).getTime(), now, 'en-GB')).toBe('on 1 October 2026 at 09:00');
});
