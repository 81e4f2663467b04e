/** Money as integer minor units with a currency, as everywhere in Scrip. No amount ever passes through a float. */

/** An amount in minor units. */
export type Money = { amount: number; currency: string };

/** The largest amount that the server takes. */
export const MAX_AMOUNT_MINOR_UNITS = 1_000_000_000_000_000;

/** What became of a typed amount. */
export type AmountReading = { kind: 'amount'; amount: number } | { kind: 'wrong'; reason: WrongAmount };

/** What may be wrong with a typed amount: nothing is there, it is not written as one, or it is out of range. */
export type WrongAmount = 'empty' | 'malformed' | 'too-large' | 'zero';

const USUAL_DECIMALS = 2;
/**
 * The currencies of ISO 4217 whose minor unit is no hundredth. `Intl` knows decimals too, but those that are customary
 * (none for IQD, two for ISK in some versions), while the server counts in the standard's units.
 */
const OTHER_DECIMALS: readonly [decimals: number, currencies: string][] = [
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
  [4, 'CLF UYW'],
];

/** How many decimal places the minor unit of a currency has. */
export function decimalsOf(currency: string): number {
  const found = OTHER_DECIMALS.find(([, currencies]) => currencies.split(' ').includes(currency));
  return found?.[0] ?? USUAL_DECIMALS;
}

/** Reads a typed amount. A comma or a point sets the decimals off; thousands are not set off, so none is misread. */
export function parseAmount(text: string, currency: string): AmountReading {
  const decimals = decimalsOf(currency);
  const compact = text.replace(/[\s\u00a0\u202f]/g, '');
  if (compact === '') return { kind: 'wrong', reason: 'empty' };
  const match = /^(\d+)(?:[.,](\d*))?$/.exec(compact);
  const [whole, fraction] = [match?.[1], match?.[2] ?? ''];
  if (whole === undefined || fraction.length > decimals) {
    return { kind: 'wrong', reason: 'malformed' };
  }
  const digits = `${whole}${fraction.padEnd(decimals, '0')}`.replace(/^0+(?=\d)/, '');
  if (digits.length > String(MAX_AMOUNT_MINOR_UNITS).length || Number(digits) > MAX_AMOUNT_MINOR_UNITS) {
    return { kind: 'wrong', reason: 'too-large' };
  }
  const amount = Number(digits);
  return amount > 0 ? { kind: 'amount', amount } : { kind: 'wrong', reason: 'zero' };
}

/** An amount as a plain decimal number: 1250 in CNY is `12.50`. */
export function decimalString(amount: number, currency: string): string {
  const decimals = decimalsOf(currency);
  const sign = amount < 0 ? '-' : '';
  const digits = String(Math.abs(amount)).padStart(decimals + 1, '0');
  if (decimals === 0) return `${sign}${digits}`;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** An amount as people write it: `¥12.50`. */
export function formatMoney(money: Money, locale?: string): string {
  const decimals = decimalsOf(money.currency);
  const exact = decimalString(money.amount, money.currency);
  try {
    const format = new Intl.NumberFormat(locale, {
      style: 'currency',
      currency: money.currency,
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
    return format.format(exact as Intl.StringNumericLiteral);
  } catch {
    return `${exact} ${money.currency}`;
  }
}
