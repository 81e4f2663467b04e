import { readFile } from 'node:fs/promises';
import { atCounter, expect, next, openTab, test, typeCode, UNKNOWN_CODE, verdict } from './page';
import { cny } from './world';

test('the day begins empty, and shows each verification', async ({ page, world }) => {
  await atCounter(page, world);
  await openTab(page, 'Today');
  await expect(page.getByText('Nothing was verified here today.')).toBeVisible();
  await openTab(page, 'Verify');
  await page.getByText('Add the order’s total').click();
  await page.getByLabel('Total before the coupon').fill('48.50');
  await page.getByLabel('Reference').fill('table-4');
  await typeCode(
    page,
    await world.digits({ name: 'A tenth off', benefit: { effect: { percentage: '10' } } }),
  );
  await expect(verdict(page)).toHaveText('Accepted');
  await next(page);
  await typeCode(page, UNKNOWN_CODE);
  await expect(verdict(page)).toHaveText('Refused');
  await openTab(page, 'Today');
  await expect(page.getByText('1 accepted, 1 refused')).toBeVisible();
  await expect(page.getByRole('listitem')).toHaveText([
    /Code not accepted/,
    /A tenth off¥4.85 off · of ¥48.50 · table-4 · by you/,
  ]);
});

test('a redemption is undone after asking, and the coupon counts again', async ({ page, world }) => {
  const coupon = await world.coupon();
  await world.verify((await world.code(coupon)).code);
  await atCounter(page, world);
  await openTab(page, 'Today');
  await page.getByRole('button', { name: /Undo 5 off your tea/ }).click();
  await page.getByRole('button', { name: 'Leave it' }).click();
  await page.getByRole('button', { name: /Undo 5 off your tea/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Undo it' }).click();
  await expect(page.getByRole('listitem')).toContainText('Undone');
  await expect(page.getByText('0 accepted, 0 refused, 1 undone')).toBeVisible();
  await openTab(page, 'Verify');
  await typeCode(page, (await world.code(coupon)).code);
  await expect(verdict(page)).toHaveText('Accepted');
  await page.getByRole('button', { name: 'Undo', exact: false }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Undo it' }).click();
  await expect(page.getByText('Undone. The customer can use it again.')).toBeVisible();
});

test('a redemption whose reward was used can’t be undone', async ({ page, world }) => {
  const tea = await world.campaign({ name: 'A free tea' });
  const shared = await world.campaign({
    name: 'Shared',
    shareable: true,
    reward: { campaign: tea, to: 'sharer' },
  });
  await world.verify(await world.reserved(await world.take(shared), `carol-${world.customer}`));
  await expect.poll(() => world.couponsOf(tea)).toHaveLength(1);
  const [reward = ''] = await world.couponsOf(tea);
  await world.verify((await world.code(reward)).code);
  await atCounter(page, world);
  await openTab(page, 'Today');
  await page.getByRole('button', { name: /Undo Shared/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Undo it' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'has used that reward already' })).toBeVisible();
  await expect(page.getByText('2 accepted, 0 refused')).toBeVisible();
});

for (const [code, words] of [
  ['reversal-window-over', 'that day is over'],
  ['already-reversed', 'This was undone before.'],
] as const) {
  test(`an undo that is refused says why: ${code}`, async ({ page, world }) => {
    await world.verify(await world.digits());
    await page.route('**/reversals', (route) =>
      route.fulfill({ status: 409, json: { code, title: code, status: 409 } }),
    );
    await atCounter(page, world);
    await openTab(page, 'Today');
    await page.getByRole('button', { name: /Undo 5 off/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Undo it' }).click();
    await expect(page.getByRole('alert').filter({ hasText: words })).toBeVisible();
  });
}

test('an undo whose answer is lost is the same request when tried again', async ({ page, world }) => {
  await world.verify(await world.digits());
  const keys: (string | undefined)[] = [];
  await page.route('**/reversals', async (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    const response = await route.fetch();
    if (keys.length === 1) return route.abort();
    expect(response.headers()['idempotent-replayed']).toBe('true');
    return route.fulfill({ response });
  });
  await atCounter(page, world);
  await openTab(page, 'Today');
  for (const outcome of ['No answer came', 'Undone']) {
    await page.getByRole('button', { name: /Undo 5 off/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Undo it' }).click();
    await expect(page.getByRole('listitem')).toContainText(outcome);
  }
  expect(new Set(keys).size).toBe(1);
});

test('a long day is shown page by page, and one’s own can be picked out', async ({ page, world }) => {
  const colleague = `${world.operator}-2`;
  await world.employ(colleague, ['s1']);
  await Promise.all(Array.from({ length: 27 }, () => world.verify(UNKNOWN_CODE)));
  await world.verifyAs(colleague, await world.digits());
  await atCounter(page, world);
  await openTab(page, 'Today');
  await expect(page.getByRole('listitem')).toHaveCount(25);
  await page.getByRole('button', { name: 'Show more' }).click();
  await expect(page.getByRole('listitem')).toHaveCount(28);
  await expect(page.getByRole('button', { name: 'Show more' })).toHaveCount(0);
  await expect(page.getByText('1 accepted, 27 refused')).toBeVisible();
  await page.getByRole('radio', { name: 'Only mine' }).check();
  await expect(page.getByText('0 accepted, 25 refused among those shown')).toBeVisible();
});

test('a day is exported as CSV', async ({ page, world }) => {
  await world.verify(
    await world.digits({ name: 'Tea, "green"', order_minimum: cny(1) }).catch(() => UNKNOWN_CODE),
  );
  await world.verify(await world.digits());
  await atCounter(page, world);
  await openTab(page, 'Today');
  await page.getByText('Export as CSV').click();
  await page.getByLabel('First day').fill('2026-01-01');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  await expect(page.getByText('Choose at most 31 days.')).toBeVisible();
  await page.getByLabel('First day').fill(await page.getByLabel('Last day').inputValue());
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  expect((await download).suggestedFilename()).toMatch(/^coupons_s1_[\d_-]+\.csv$/);
  const lines = (await readFile(await (await download).path(), 'utf8')).trim().split('\r\n');
  expect(lines[0]).toMatch(/^id,at,store,operator,verdict/);
  expect(lines).toHaveLength(3);
});
