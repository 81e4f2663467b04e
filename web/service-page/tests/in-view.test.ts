import { expect, test } from 'vitest';
import { checkDigit, QR_PREFIX } from '../src/coupon/code';
import { InView, OUT_OF_SIGHT_MILLISECONDS } from '../src/scanner/watch';

test('a code that is held before the camera is told once', () => {
  const view = new InView(null);
  view.begin(0);
  const told = Array.from({ length: 50 }, (_, frame) => view.sees('a', frame * 100));
  expect(told.filter(Boolean)).toEqual([true]);
});

test('a code that was away is told again', () => {
  const view = new InView(null);
  expect(view.sees('a', 0)).toBe(true);
  expect(view.sees('a', OUT_OF_SIGHT_MILLISECONDS)).toBe(false);
  expect(view.sees('a', 2 * OUT_OF_SIGHT_MILLISECONDS + 1)).toBe(true);
});

test('the code of the last verdict is not told again, however long the camera took to open', () => {
  const code = `00000000000000001${checkDigit('00000000000000001')}`;
  const view = new InView(code);
  view.begin(60_000);
  expect(view.sees(QR_PREFIX + code, 60_500)).toBe(false);
  expect(view.sees(code, 60_900)).toBe(false);
  expect(view.sees('b', 61_000)).toBe(true);
  expect(view.sees(QR_PREFIX + code, 61_100)).toBe(true);
});
