import type { Page } from '@playwright/test';
import {
  atCounter,
  codeField,
  expect,
  next,
  openTab,
  signIn,
  test,
  typeCode,
  verdict,
  watchRequests,
} from './page';

test.use({ serviceWorkers: 'allow' });

/** Until the service worker answers for the page, which from then on opens without a network. */
async function readyForOffline(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
}

test('a scan without a network is kept through a reload, and verified once when it is back', async ({
  page,
  context,
  world,
}) => {
  await atCounter(page, world);
  await readyForOffline(page);
  const code = await world.digits();
  await context.setOffline(true);
  await expect(page.getByText('You are offline. Codes are kept on this device')).toBeVisible();
  await typeCode(page, code);
  await expect(verdict(page)).toHaveText('Not verified yet');
  await expect(page.locator('.verdict')).toContainText('You are offline. This code is not verified yet.');
  await expect(page.locator('.verdict')).not.toHaveClass(/accepted/);

  await page.reload();
  await expect(verdict(page)).toHaveText('Not verified yet');
  await next(page);
  await typeCode(page, code);
  await expect(verdict(page)).toHaveText('Not verified yet');
  await next(page);
  await openTab(page, 'Kept');
  await expect(page.getByText('Waits for the network')).toHaveCount(1);

  const sent = watchRequests(page);
  await context.setOffline(false);
  await expect(page.getByRole('heading', { name: 'Have their verdict' })).toBeVisible();
  await expect(page.getByText('Accepted', { exact: true })).toBeVisible();
  expect(sent).toHaveLength(1);
  expect(sent[0]?.postDataJSON()).toHaveProperty('scanned_at');
  expect(await world.verifications()).toMatchObject([{ verdict: 'accepted' }]);
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('Nothing is kept.')).toBeVisible();
});

test('a kept scan turns into its verdict before one’s eyes', async ({ page, context, world }) => {
  await atCounter(page, world);
  await context.setOffline(true);
  await typeCode(page, await world.digits());
  await expect(verdict(page)).toHaveText('Not verified yet');
  await context.setOffline(false);
  await expect(verdict(page)).toHaveText('Accepted');
  await expect(verdict(page)).toBeFocused();
});

test('verdicts of kept scans are announced wherever the operator is', async ({ page, context, world }) => {
  await atCounter(page, world);
  await context.setOffline(true);
  await typeCode(page, await world.digits());
  await next(page);
  await expect(page.getByText('1 kept scan not verified yet.')).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText('A kept scan has its verdict: Accepted.')).toBeAttached();
  await expect(page.getByText('1 kept scan has its verdict.')).toBeVisible();
});

test('a scan that was kept for too long says so and is not sent', async ({ page, context, world }) => {
  await page.clock.install();
  await atCounter(page, world);
  const sent = watchRequests(page);
  await context.setOffline(true);
  await typeCode(page, await world.digits());
  await next(page);
  await page.clock.fastForward('01:01:00');
  await context.setOffline(false);
  await openTab(page, 'Kept');
  await expect(page.getByText('Ask the customer to show the code again.')).toBeVisible();
  expect(sent).toHaveLength(0);
  expect(await world.verifications()).toHaveLength(0);
});

test('a kept scan can be discarded', async ({ page, context, world }) => {
  await atCounter(page, world);
  await context.setOffline(true);
  await typeCode(page, await world.digits());
  await next(page);
  await openTab(page, 'Kept');
  await page.getByRole('button', { name: 'Discard' }).click();
  await page.getByRole('button', { name: 'Keep it' }).click();
  await expect(page.getByText('Waits for the network')).toBeVisible();
  await page.getByRole('button', { name: 'Discard' }).click();
  await page.getByRole('button', { name: 'Discard it' }).click();
  await expect(page.getByText('Nothing is kept.')).toBeVisible();
  await context.setOffline(false);
  expect(await world.verifications()).toHaveLength(0);
});

test('what one operator kept is not sent by another', async ({ page, context, world }) => {
  const colleague = `${world.operator}-2`;
  await world.employ(colleague, ['s1']);
  await atCounter(page, world);
  await context.setOffline(true);
  await typeCode(page, await world.digits());
  await next(page);
  await openTab(page, 'Settings');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByText('1 scan is kept on this device.')).toBeVisible();
  await context.setOffline(false);
  await signIn(page, colleague);
  await expect(codeField(page)).toBeVisible();
  await openTab(page, 'Kept');
  await expect(page.getByText('Nothing is kept.')).toBeVisible();
  expect(await world.verifications()).toHaveLength(0);
});

test('the service worker keeps the page alone, and no answer of the API', async ({ page, world }) => {
  await atCounter(page, world);
  await readyForOffline(page);
  await page.reload();
  await expect(codeField(page)).toBeVisible();
  const kept = await page.evaluate(async () => {
    const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
    const requests = await Promise.all(caches_.map((cache) => cache.keys()));
    return requests.flat().map((request) => request.url);
  });
  expect(kept.length).toBeGreaterThan(5);
  for (const url of kept) expect(url).toMatch(/\/v1\/service-page\/[\w.-]+$/);
});

test('two tabs keep and send a scan together', async ({ page, context, world }) => {
  await atCounter(page, world);
  const other = await context.newPage();
  await atCounter(other, world);
  const sent = [watchRequests(page), watchRequests(other)];
  await context.setOffline(true);
  await typeCode(page, await world.digits());
  await expect(verdict(page)).toHaveText('Not verified yet');
  await expect(other.getByText('1 kept scan not verified yet.')).toBeVisible();
  await openTab(other, 'Kept');
  await expect(other.getByText('Waits for the network')).toBeVisible();
  await context.setOffline(false);
  await expect(other.getByText('Accepted', { exact: true })).toBeVisible();
  await expect(verdict(page)).toHaveText('Accepted');
  expect(await world.verifications()).toMatchObject([{ verdict: 'accepted' }]);
  expect(new Set(sent.flat().map((request) => request.headers()['idempotency-key'])).size).toBe(1);
});

test('while the service can’t be reached the page says so, and finds out by itself when it can', async ({
  page,
  world,
}) => {
  await page.clock.install();
  await atCounter(page, world);
  await page.route('**/v1/**', (route) => route.abort());
  await openTab(page, 'Today');
  await expect(page.getByText('The service can’t be reached.')).toBeVisible();
  await page.unroute('**/v1/**');
  await page.clock.fastForward('00:11');
  await expect(page.getByText('The service can’t be reached.')).toBeHidden();
});

test('the sound stays off where it was switched off', async ({ page, world }) => {
  await atCounter(page, world);
  await openTab(page, 'Settings');
  await page.getByRole('switch', { name: 'Sound' }).uncheck();
  await page.reload();
  await expect(page.getByRole('switch', { name: 'Sound' })).not.toBeChecked();
});
