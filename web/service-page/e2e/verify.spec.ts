import type { Route } from '@playwright/test';
import {
  atCounter,
  codeField,
  expect,
  next,
  test,
  typeCode,
  UNKNOWN_CODE,
  VERIFICATIONS,
  verdict,
  watchRequests,
} from './page';
import { cny, World } from './world';

test('a typed code is grouped, verified, and told at arm’s length', async ({ page, world }) => {
  await atCounter(page, world);
  const code = await world.digits();
  await codeField(page).pressSequentially(code);
  await expect(codeField(page)).toHaveValue(`${code.slice(0, 6)} ${code.slice(6, 12)} ${code.slice(12)}`);
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  await expect(verdict(page)).toHaveText('Accepted');
  await expect(verdict(page)).toBeFocused();
  await expect(page.locator('.verdict')).toContainText('¥5.00 off');
  await expect(page.locator('.verdict')).toContainText('5 off your tea');
  expect(await page.title()).not.toContain(code.slice(0, 6));
  expect(page.url()).not.toContain(code.slice(0, 6));
});

test('a mistyped digit is told at once, and nothing is sent', async ({ page, world }) => {
  await atCounter(page, world);
  const sent = watchRequests(page);
  const code = await world.digits();
  const wrong = `${code.slice(0, 4)}${(Number(code[4]) + 1) % 10}${code.slice(5)}`;
  await typeCode(page, wrong);
  await expect(page.getByRole('alert').filter({ hasText: 'A digit is wrong' })).toBeVisible();
  await expect(codeField(page)).toHaveAttribute('aria-invalid', 'true');
  await typeCode(page, '123');
  await expect(page.getByRole('alert').filter({ hasText: 'this one has 3 so far' })).toBeVisible();
  expect(sent).toHaveLength(0);
  await typeCode(page, code);
  await expect(verdict(page)).toHaveText('Accepted');
  expect(sent).toHaveLength(1);
});

test('digits typed into the middle stay where they are typed', async ({ page, world }) => {
  await atCounter(page, world);
  await codeField(page).fill('1234578');
  await expect(codeField(page)).toHaveValue('123457 8');
  await codeField(page).evaluate((input: HTMLInputElement) => input.setSelectionRange(5, 5));
  await page.keyboard.type('6');
  await expect(codeField(page)).toHaveValue('123456 78');
  await page.keyboard.type('0');
  await expect(codeField(page)).toHaveValue('123456 078');
});

test('a coupon that was used before says when, where and by whom', async ({ page, world }) => {
  const code = await world.digits();
  await world.verify(code);
  await atCounter(page, world);
  await typeCode(page, code);
  await expect(verdict(page)).toHaveText('Refused');
  await expect(page.locator('.verdict')).toContainText('Already used');
  await expect(page.locator('.verdict')).toContainText(/It was used today at .+ in s1, verified by you\./);
});

test('a coupon of another store, and an unknown code, are refused with what to do', async ({ page }) => {
  const world = await World.create(['s1']);
  await atCounter(page, world);
  await typeCode(page, await world.digits({ stores: ['elsewhere'] }));
  await expect(page.locator('.verdict')).toContainText('Not for this store');
  await next(page);
  await typeCode(page, UNKNOWN_CODE);
  await expect(page.locator('.verdict')).toContainText('Ask the customer to show it again');
});

test('a coupon that depends on the order asks for its total, and is a new request with it', async ({
  page,
  world,
}) => {
  await atCounter(page, world);
  const sent = watchRequests(page);
  await typeCode(
    page,
    await world.digits({ benefit: { effect: { percentage: '10' } }, order_minimum: cny(2000) }),
  );
  await expect(verdict(page)).toHaveText('Order total needed');
  const total = page.getByLabel('Total before the coupon (CNY)');
  await total.fill('1,2,3');
  await page.getByRole('button', { name: 'Verify with this total' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'Write the total in digits' })).toBeVisible();
  await total.fill('12,50');
  await page.getByRole('button', { name: 'Verify with this total' }).click();
  await expect(page.locator('.verdict')).toContainText('Order too small');
  await page.getByText('Change the order’s total').click();
  await total.fill('48.50');
  await page.getByLabel('Reference').fill('table-4');
  await page.getByRole('button', { name: 'Verify with this total' }).click();
  await expect(verdict(page)).toHaveText('Accepted');
  await expect(page.locator('.verdict')).toContainText('Take off ¥4.85');
  await expect(page.locator('.verdict')).toContainText('To pay: ¥43.65');
  const keys = sent.map((request) => request.headers()['idempotency-key']);
  expect(new Set(keys).size).toBe(3);
  expect(sent.at(-1)?.postDataJSON()).toMatchObject({ order: { reference: 'table-4', total: cny(4850) } });
});

test('a total can be given beforehand, and a wrong one is told before anything is sent', async ({
  page,
  world,
}) => {
  await atCounter(page, world);
  const sent = watchRequests(page);
  const code = await world.digits({ benefit: { effect: { percentage: '10' } } });
  await page.getByText('Add the order’s total').click();
  await page.getByLabel('Total before the coupon (CNY)').fill('nine');
  await typeCode(page, code);
  await expect(page.getByRole('alert').filter({ hasText: 'Write the total in digits' })).toBeVisible();
  expect(sent).toHaveLength(0);
  await page.getByLabel('Total before the coupon (CNY)').fill('9');
  await typeCode(page, code);
  await expect(page.locator('.verdict')).toContainText('Take off ¥0.90');
});

test('a double tap is one request', async ({ page, world }) => {
  await atCounter(page, world);
  const sent = watchRequests(page);
  const code = await world.digits();
  await page.route(VERIFICATIONS, async (route) => {
    await expect(verdict(page)).toHaveText('Verifying…');
    await route.continue();
  });
  await codeField(page).fill(code);
  await page.getByRole('button', { name: 'Verify', exact: true }).dblclick();
  await expect(verdict(page)).toHaveText('Accepted');
  expect(sent).toHaveLength(1);
  expect(await world.verifications()).toHaveLength(1);
});

test('an answer that is lost is asked for again with the same key: one redemption', async ({
  page,
  world,
}) => {
  await atCounter(page, world);
  const sent = watchRequests(page);
  const lose = async (route: Route) => {
    await route.fetch();
    await route.abort();
  };
  await page.route(VERIFICATIONS, lose, { times: 1 });
  await typeCode(page, await world.digits());
  await expect(verdict(page)).toHaveText('Accepted');
  expect(sent.length).toBeGreaterThan(1);
  expect(new Set(sent.map((request) => request.headers()['idempotency-key'])).size).toBe(1);
  expect(await world.verifications()).toMatchObject([{ verdict: 'accepted' }]);
});

test('a busy service is no verdict: the scan is kept and sent again', async ({ page, world }) => {
  await atCounter(page, world);
  await page.route(VERIFICATIONS, (route) =>
    route.fulfill({ status: 503, headers: { 'Retry-After': '1' }, json: { code: 'busy', title: 'Busy' } }),
  );
  await typeCode(page, await world.digits());
  await expect(verdict(page)).toHaveText('Not verified yet');
  await expect(page.locator('.verdict')).toContainText('The service is busy');
  await page.unroute(VERIFICATIONS);
  await expect(verdict(page)).toHaveText('Accepted');
});

test('an operator who is none any more is told so', async ({ page, world }) => {
  await atCounter(page, world);
  await page.route(VERIFICATIONS, (route) =>
    route.fulfill({ status: 403, json: { code: 'wrong-role', title: 'Wrong role' } }),
  );
  await typeCode(page, await world.digits());
  await expect(verdict(page)).toHaveText('Not verified');
  await expect(page.locator('.verdict')).toContainText('You are no operator of this store');
});
