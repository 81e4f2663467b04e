import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimalString, decimalsOf, formatMoney, MAX_AMOUNT_MINOR_UNITS, parseAmount } from '../src/money';

const currencies = fc.constantFrom('CNY', 'EUR', 'JPY', 'KWD', 'CLF', 'IQD', 'ISK');
const amounts = fc.integer({ min: 1, max: MAX_AMOUNT_MINOR_UNITS });

describe('an amount', () => {
  test('is read back from how it is written, to the last unit', () => {
    fc.assert(
      fc.property(amounts, currencies, fc.constantFrom('.', ','), (amount, currency, mark) => {
        const text = decimalString(amount, currency).replace('.', mark);
        expect(parseAmount(text, currency)).toEqual({ kind: 'amount', amount });
      }),
    );
  });

  test('may leave out decimals, and have blanks', () => {
    expect(parseAmount('12', 'CNY')).toEqual({ kind: 'amount', amount: 1200 });
    expect(parseAmount('12.', 'CNY')).toEqual({ kind: 'amount', amount: 1200 });
    expect(parseAmount(' 1 250,5 ', 'CNY')).toEqual({ kind: 'amount', amount: 125_050 });
    expect(parseAmount('0012.05', 'CNY')).toEqual({ kind: 'amount', amount: 1205 });
    expect(parseAmount('1250', 'JPY')).toEqual({ kind: 'amount', amount: 1250 });
    expect(parseAmount('1.250', 'KWD')).toEqual({ kind: 'amount', amount: 1250 });
  });

  test('is never guessed', () => {
    const wrong = [
      '',
      ' ',
      '0',
      '0.00',
      '-5',
      '1,250.00',
      '1.250',
      '12.345',
      'ten',
      '1e3',
      '5 CNY',
      '٣',
      '.5',
      '1'.repeat(40),
    ];
    for (const text of wrong) expect(parseAmount(text, 'CNY').kind, text).toBe('wrong');
    expect(parseAmount('12.5', 'JPY').kind).toBe('wrong');
    expect(parseAmount(decimalString(MAX_AMOUNT_MINOR_UNITS + 1, 'CNY'), 'CNY').kind).toBe('wrong');
  });

  test('of whatever text is a safe integer in range, or wrong', () => {
    fc.assert(
      fc.property(fc.string(), currencies, (text, currency) => {
        const reading = parseAmount(text, currency);
        const isAmount =
          reading.kind === 'amount' && Number.isSafeInteger(reading.amount) && reading.amount > 0;
        expect(isAmount || (reading.kind === 'wrong' && reading.reason !== undefined)).toBe(true);
      }),
    );
  });
});

describe('money', () => {
  test('has the decimals of ISO 4217', () => {
    expect(['CNY', 'JPY', 'KWD', 'CLF', 'HUF', 'AFN', 'IQD'].map(decimalsOf)).toEqual([2, 0, 3, 4, 2, 2, 3]);
  });

  test('is written in full, whatever is customary', () => {
    expect(formatMoney({ amount: 500, currency: 'CNY' }, 'en-US')).toBe('¥5.00');
    expect(formatMoney({ amount: 1250, currency: 'JPY' }, 'en-US')).toBe('¥1,250');
    expect(formatMoney({ amount: 1, currency: 'KWD' }, 'en-US')).toMatch(/0\.001/);
    expect(formatMoney({ amount: MAX_AMOUNT_MINOR_UNITS - 1, currency: 'EUR' }, 'en-US')).toBe(
      '€9,999,999,999,999.99',
    );
    expect(formatMoney({ amount: -5, currency: 'CNY' }, 'en-US')).toBe('-¥0.05');
    expect(formatMoney({ amount: 100, currency: 'no code' }, 'en-US')).toBe('1.00 no code');
  });
});
