/** What a customer shows: 18 digits, the last of which proves that none was misread. */

/** Digits of a code. */
export const CODE_DIGITS = 18;
/** How many digits stand together, so that they can be compared by eye. */
export const GROUP_DIGITS = 6;
/** What a QR code holds before the digits. */
export const QR_PREFIX = 'scrip:coupon:';

/** What can be told of a code without asking the server. */
export type CodeReading =
  | { kind: 'code'; digits: string }
  | { kind: 'incomplete'; count: number }
  | { kind: 'too-long'; count: number }
  | { kind: 'misread' };

/** What a QR code turned out to be. */
export type QrReading = { kind: 'code'; digits: string } | { kind: 'misread' } | { kind: 'foreign' };

/** The check digit of ISO/IEC 7064, MOD 11,10: it finds every single wrong digit. */
export function checkDigit(digits: string): string {
  let product = 10;
  for (const digit of digits) {
    const sum = (product + Number(digit)) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return String((11 - product) % 10);
}

/** The digits of what was typed or pasted, however it was grouped. */
export function digitsOf(text: string): string {
  return text.replace(/\D/g, '');
}

/** The digits in groups, as people read them out. */
export function grouped(digits: string): string {
  const groups = digits.match(new RegExp(`\\d{1,${GROUP_DIGITS}}`, 'g'));
  return (groups ?? []).join(' ');
}

/** Judges what was typed, so that a slip is told at once and nothing is sent. */
export function readTyped(text: string): CodeReading {
  const digits = digitsOf(text);
  if (digits.length < CODE_DIGITS) return { kind: 'incomplete', count: digits.length };
  if (digits.length > CODE_DIGITS) return { kind: 'too-long', count: digits.length };
  return hasRightCheckDigit(digits) ? { kind: 'code', digits } : { kind: 'misread' };
}

/** Judges what a QR code holds. Bare digits count too, since some customers' apps may show them so. */
export function readQr(payload: string): QrReading {
  const text = payload.trim();
  const digits = text.startsWith(QR_PREFIX) ? text.slice(QR_PREFIX.length) : text;
  if (!/^\d{18}$/.test(digits)) return { kind: 'foreign' };
  return hasRightCheckDigit(digits) ? { kind: 'code', digits } : { kind: 'misread' };
}

/** What an operator is told of a reading that is no code; `null` while there is nothing to say. */
export function complaint(reading: CodeReading): string | null {
  switch (reading.kind) {
    case 'code':
      return null;
    case 'incomplete':
      return reading.count === 0
        ? `Type the ${CODE_DIGITS} digits below the customer’s QR code.`
        : `A code has ${CODE_DIGITS} digits; this one has ${reading.count} so far.`;
    case 'too-long':
      return `A code has ${CODE_DIGITS} digits; this one has ${reading.count}.`;
    case 'misread':
      return 'A digit is wrong. Compare the code with the customer’s screen. Nothing was sent.';
  }
}

function hasRightCheckDigit(digits: string): boolean {
  return checkDigit(digits.slice(0, -1)) === digits.slice(-1);
}
