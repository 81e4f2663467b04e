import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { KNOWN_PROBLEMS, KNOWN_REASONS, problemWords, refusalWords } from '../src/words';

const listed = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line) => /^\| `([a-z-]+)` \|/.exec(line)?.[1] ?? []);

/** Why the judge of coupons refuses one, and what can come of an operator's own requests. */
const REASONS =
  'revoked already-redeemed coupon-pooled reservation-lapsed expired not-yet-valid wrong-store order-required order-below-minimum not-applicable budget-exhausted not-shared-with-you currency-mismatch code-not-accepted';
const PROBLEMS =
  'unauthenticated wrong-role not-found idempotency-key-reused amount-not-positive card-number-refused not-redeemed already-reversed reversal-window-over reward-used too-many too-many-requests busy internal';

describe('words', () => {
  test('are there for all that operators meet', () => {
    for (const reason of REASONS.split(' ')) expect(KNOWN_REASONS).toContain(reason);
    for (const code of PROBLEMS.split(' ')) expect(KNOWN_PROBLEMS).toContain(code);
  });

  test('are for codes that the server has', () => {
    const own = KNOWN_PROBLEMS.filter((code) => !code.startsWith('status-'));
    for (const code of [...KNOWN_REASONS, ...own]) expect(listed).toContain(code);
  });

  test('are sentences, and name no code', () => {
    const texts = [
      ...KNOWN_REASONS.map((reason) => refusalWords(reason).sentence),
      ...KNOWN_PROBLEMS.map((code) => problemWords({ code, status: 422 })),
    ];
    for (const text of texts) {
      expect(text).toMatch(/^[A-Z].*\.$/);
      expect(text).not.toMatch(/[a-z]-[a-z]+-[a-z]|[{}`]/);
    }
  });
});

describe('what the page does not know yet', () => {
  test('is told as the server tells it', () => {
    expect(problemWords({ code: 'new-code', status: 422, detail: 'The moon is not full.' })).toBe(
      'The moon is not full.',
    );
    expect(problemWords({ code: 'new-code', status: 422, title: 'New' })).toBe('New');
    expect(problemWords({ code: 'status-502', status: 502 })).toBe(
      'Something is wrong on our side. Try again in a moment.',
    );
    expect(problemWords({ code: 'new-code', status: 418 })).toBe('This did not work. Try again in a moment.');
  });

  test('is a refusal all the same', () => {
    expect(refusalWords('moon-not-full').short).toBe('Moon not full');
    expect(refusalWords(undefined).short).toBe('No reason given');
  });
});
