/** The client against the program itself. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  answer,
  createClient,
  isProblem,
  KEY_HEADER,
  type ProblemError,
  type Scrip,
  type Send,
} from '../src';
import { type Server, startServer, tokenOf } from './server';

const START_MILLISECONDS = 120_000;
const cny = (amount: number) => ({ amount, currency: 'CNY' as const });
let server: Server;

beforeAll(async () => {
  server = await startServer();
}, START_MILLISECONDS);
afterAll(() => server.stop());

async function clientOf(user: string, scope?: string, send?: Send): Promise<Scrip> {
  const token = await tokenOf(server.base, user, scope);
  return createClient({
    baseUrl: `${server.base}/v1`,
    token: () => token,
    retries: { wait: async () => {} },
    ...(send ? { send } : {}),
  });
}

/** A network that loses the answers of the first requests, though they arrive. */
function losing(count: number): Send {
  let lost = 0;
  return async (request) => {
    const response = await fetch(request);
    if (lost >= count) return response;
    lost += 1;
    throw new TypeError('the answer was lost');
  };
}

async function funded(user: string, amount: number): Promise<string> {
  const scrip = await clientOf(user);
  const { id } = await answer(scrip.POST('/accounts', { body: { currency: 'CNY' } }));
  const treasury = await clientOf('treasurer', 'treasury');
  const body = { amount: cny(amount), reference: `for ${user}` };
  await answer(treasury.POST('/accounts/{account}/deposits', { params: { path: { account: id } }, body }));
  return id;
}

test('a transfer whose answers are lost happens once', async () => {
  const [from, to] = [await funded('ann', 10_000), await funded('ben', 1)];
  const ann = await clientOf('ann', undefined, losing(2));
  const body = { from, to, amount: cny(1_250) };
  const transfer = await answer(ann.POST('/transfers', { body }));
  expect(transfer.id).toMatch(/^txn_/);
  const account = await answer(ann.GET('/accounts/{account}', { params: { path: { account: from } } }));
  expect(account.available).toEqual({ amount: 8_750, currency: 'CNY' });
});

test('a key that was used for something else is refused, and the same again is the same', async () => {
  const cleo = await clientOf('cleo');
  const headers = { [KEY_HEADER]: 'once' };
  const first = await cleo.POST('/accounts', { body: { currency: 'CNY' }, headers });
  const second = await cleo.POST('/accounts', { body: { currency: 'CNY' }, headers });
  expect(second.data).toEqual(first.data);
  expect(second.response.headers.get('Idempotent-Replayed')).toBe('true');
  const failure = await answer(cleo.POST('/accounts', { body: { currency: 'EUR' }, headers })).catch(
    (error: unknown) => error,
  );
  expect(isProblem<'open-account'>(failure, 'idempotency-key-reused')).toBe(true);
  expect((failure as ProblemError).problem.request_id).toBeTruthy();
});

test('a list of many pages is read to its end', async () => {
  const [from, to] = [await funded('dora', 10_000), await funded('emil', 1)];
  const dora = await clientOf('dora');
  for (let amount = 1; amount <= 5; amount += 1) {
    await answer(dora.POST('/transfers', { body: { from, to, amount: cny(amount) } }));
  }
  const amounts: number[] = [];
  const params = { path: { account: from }, query: { limit: 2 } };
  for await (const entry of dora.items('/accounts/{account}/entries', { params })) {
    amounts.push(entry.amount.amount);
  }
  expect(amounts.sort((one, other) => one - other)).toEqual([-5, -4, -3, -2, -1, 10_000]);
});

test('what is not there is a problem with its code', async () => {
  const ann = await clientOf('ann');
  const account = `acct_u${'0'.repeat(26)}`;
  const call = ann.GET('/accounts/{account}', { params: { path: { account } } });
  const failure = await answer(call).catch((error: unknown) => error);
  expect(isProblem<'get-account'>(failure, 'not-found')).toBe(true);
});
