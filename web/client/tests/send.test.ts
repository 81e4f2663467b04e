import { describe, expect, test } from 'vitest';
import { answer, createClient, isProblem, KEY_HEADER, ProblemError, UnreachableError } from '../src';

type Seen = { method: string; url: string; key: string | null; body: string };

/** A server that answers with one thing after the other, and a client of it that waits for nothing. */
function served(...answers: (Response | Error)[]) {
  const seen: Seen[] = [];
  const pauses: number[] = [];
  const scrip = createClient({
    baseUrl: 'https://scrip.example/v1',
    token: () => 'token',
    send: async (request) => {
      const { method, url, headers } = request;
      seen.push({ method, url, key: headers.get(KEY_HEADER), body: await request.text() });
      const next = answers.shift();
      if (next instanceof Response) return next;
      throw next ?? new Error('nothing more to answer');
    },
    retries: {
      chance: () => 0,
      wait: async (milliseconds) => {
        pauses.push(milliseconds);
      },
    },
  });
  return { scrip, seen, pauses };
}

const ACCOUNT = { id: 'acct_u0123456789abcdefghjkmnpqrs', currency: 'CNY' };
const made = () => Response.json(ACCOUNT, { status: 201 });
const busy = (after?: string) =>
  Response.json(
    { code: 'busy', status: 503 },
    { status: 503, headers: after ? { 'Retry-After': after } : {} },
  );

describe('a write', () => {
  test('is sent again with the same key and body until it has its answer', async () => {
    const { scrip, seen, pauses } = served(new TypeError('no network'), busy(), made());
    const account = await answer(scrip.POST('/accounts', { body: { currency: 'CNY' } }));
    expect(account.id).toBe(ACCOUNT.id);
    expect(seen).toHaveLength(3);
    expect(new Set(seen.map(({ key }) => key)).size).toBe(1);
    expect(seen[0]?.key).toMatch(/^[\da-f-]{36}$/);
    expect(new Set(seen.map(({ body }) => body))).toEqual(new Set(['{"currency":"CNY"}']));
    expect(pauses).toEqual([150, 300]);
  });

  test('has the key that it is given, and another one each time if it is given none', async () => {
    const { scrip, seen } = served(made(), made(), made());
    const key = { [KEY_HEADER]: 'mine' };
    await answer(scrip.POST('/accounts', { body: { currency: 'CNY' }, headers: key }));
    await answer(scrip.POST('/accounts', { body: { currency: 'CNY' } }));
    await answer(scrip.POST('/accounts', { body: { currency: 'CNY' } }));
    expect(seen[0]?.key).toBe('mine');
    expect(new Set(seen.map((one) => one.key)).size).toBe(3);
  });

  test('that is refused is not sent again, and says why', async () => {
    const refusal = { code: 'insufficient-funds', status: 422, detail: 'Too little.', missing: 5 };
    const { scrip, seen } = served(Response.json(refusal, { status: 422 }));
    const failure = await answer(scrip.POST('/accounts', { body: { currency: 'CNY' } })).catch(
      (error: unknown) => error,
    );
    expect(isProblem(failure, 'insufficient-funds')).toBe(true);
    expect(isProblem(failure, 'busy')).toBe(false);
    expect((failure as ProblemError).problem).toMatchObject({ status: 422, missing: 5 });
    expect(seen).toHaveLength(1);
  });

  test('without an answer ends as such, after as many attempts as it may have', async () => {
    const lost = () => new TypeError('no network');
    const { scrip, seen } = served(lost(), lost(), lost(), lost(), made());
    await expect(scrip.POST('/accounts', { body: { currency: 'CNY' } })).rejects.toBeInstanceOf(
      UnreachableError,
    );
    expect(seen).toHaveLength(4);
  });

  test('waits as long as it is asked to, but not for long', async () => {
    const soon = served(busy('2'), made());
    await answer(soon.scrip.POST('/accounts', { body: { currency: 'CNY' } }));
    expect(soon.pauses).toEqual([2_000]);
    const late = served(busy('3600'));
    const failure = await answer(late.scrip.POST('/accounts', { body: { currency: 'CNY' } })).catch(
      (error: unknown) => error as ProblemError,
    );
    expect([failure instanceof ProblemError && failure.retryAfterSeconds, late.pauses]).toEqual([3_600, []]);
  });

  test('that its caller gave up is over', async () => {
    const { scrip, seen } = served(new TypeError('aborted'), made());
    const signal = AbortSignal.abort();
    const call = scrip.POST('/accounts', { body: { currency: 'CNY' }, signal });
    await expect(call).rejects.toThrow('aborted');
    expect(seen).toHaveLength(1);
  });
});

test('an answer of a gateway is a problem, too', async () => {
  const { scrip } = served(new Response('<html>', { status: 403 }));
  const failure = await answer(scrip.GET('/notifications', {})).catch(
    (error: unknown) => error as ProblemError,
  );
  expect(failure instanceof ProblemError && failure.problem.code).toBe('status-403');
});

test('a list is fetched page by page, as far as it is asked for', async () => {
  const page = (names: string[], next: string | null) =>
    Response.json({ items: names.map((transfer) => ({ transfer })), next });
  const { scrip, seen } = served(page(['a', 'b'], 'p2'), page(['c'], 'p3'), page([], 'p3'));
  const transfers: string[] = [];
  const params = { path: { account: ACCOUNT.id }, query: { limit: 2 } };
  for await (const { transfer } of scrip.items('/accounts/{account}/entries', { params })) {
    if (transfers.length === 0) expect(seen).toHaveLength(1);
    transfers.push(transfer);
  }
  expect(transfers).toEqual(['a', 'b', 'c']);
  expect(seen.map(({ url }) => new URL(url).search)).toEqual([
    '?limit=2',
    '?limit=2&after=p2',
    '?limit=2&after=p3',
  ]);
  expect(seen.every(({ key }) => key === null)).toBe(true);
});
