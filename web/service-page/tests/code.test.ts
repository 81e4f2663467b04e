import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CODE_DIGITS,
  checkDigit,
  complaint,
  digitsOf,
  grouped,
  QR_PREFIX,
  readQr,
  readTyped,
} from '../src/coupon/code';

const digits = (length: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
    .map((all) => all.join(''));
const codes = digits(CODE_DIGITS - 1).map((body) => body + checkDigit(body));

describe('the check digit', () => {
  test('is that of ISO/IEC 7064, MOD 11,10', () => {
    // The standard's own example, and a German tax number, which is checked in the same way.
    expect(checkDigit('0794')).toBe('5');
    expect(checkDigit('8609574271')).toBe('9');
    expect(checkDigit('')).toBe('1');
  });

  test('finds every single wrong digit', () => {
    const wrong = fc.tuple(codes, fc.nat({ max: CODE_DIGITS - 1 }), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(wrong, ([code, place, other]) => {
        const digit = (Number(code[place]) + other) % 10;
        const misread = code.slice(0, place) + digit + code.slice(place + 1);
        expect(readTyped(misread)).toEqual({ kind: 'misread' });
      }),
    );
  });
});

describe('a typed code', () => {
  test('is read however it is grouped', () => {
    const separators = fc.constantFrom('', ' ', '-', '  ', ' - ');
    fc.assert(
      fc.property(codes, separators, fc.integer({ min: 1, max: 9 }), (code, separator, size) => {
        const text = (code.match(new RegExp(`.{1,${size}}`, 'g')) ?? []).join(separator);
        expect(readTyped(text)).toEqual({ kind: 'code', digits: code });
        expect(readTyped(QR_PREFIX + text)).toEqual({ kind: 'code', digits: code });
      }),
    );
  });

  test('is shown in groups of six that lose nothing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(digitsOf(grouped(digitsOf(text)))).toBe(digitsOf(text));
      }),
    );
    expect(grouped('123456789012345678')).toBe('123456 789012 345678');
    expect(grouped('1234567')).toBe('123456 7');
    expect(grouped('')).toBe('');
  });

  test('is told what is wrong with it', () => {
    expect(complaint(readTyped(''))).toMatch(/Type the 18 digits/);
    expect(complaint(readTyped('123'))).toMatch(/this one has 3 so far/);
    expect(complaint(readTyped('1'.repeat(19)))).toMatch(/this one has 19/);
    expect(complaint(readTyped('123456123456123456'))).toMatch(/Nothing was sent/);
    fc.assert(
      fc.property(codes, (code) => {
        expect(complaint(readTyped(code))).toBeNull();
      }),
    );
  });
});

describe('a QR code', () => {
  test('holds the digits behind a prefix', () => {
    fc.assert(
      fc.property(codes, (code) => {
        expect(readQr(QR_PREFIX + code)).toEqual({ kind: 'code', digits: code });
        expect(readQr(code)).toEqual({ kind: 'code', digits: code });
      }),
    );
  });

  test('of another kind is told apart from a misread one', () => {
    expect(readQr('https://example.com/123456789012345678')).toEqual({ kind: 'foreign' });
    expect(readQr('scrip:bill:12345678')).toEqual({ kind: 'foreign' });
    expect(readQr('')).toEqual({ kind: 'foreign' });
    expect(readQr(`${QR_PREFIX}123456123456123456`)).toEqual({ kind: 'misread' });
  });
});
