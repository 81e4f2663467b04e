/** Every screen once, in light and dark: no serious finding of axe, no sideways scrolling, and a picture to look at. */

import { mkdirSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { atCounter, expect, next, openTab, signIn, test, typeCode, verdict } from './page';
import { cny, World } from './world';

const FOLDER = new URL('../screenshots/', import.meta.url).pathname;
mkdirSync(FOLDER, { recursive: true });

async function look(page: Page, scheme: string, name: string): Promise<void> {
  await page.screenshot({ path: `${FOLDER}${scheme}-${name}.png`, animations: 'disabled' });
  const axe = new AxeBuilder({ page });
  // What a dark screen says is the same; only its colours are others.
  if (scheme === 'dark') axe.withRules(['color-contrast']);
  const { violations } = await axe.analyze();
  expect(violations.map(({ id, nodes }) => `${name}: ${id} ${nodes[0]?.html}`)).toEqual([]);
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(width[0], `${name} scrolls sideways`).toBeLessThanOrEqual(width[1] ?? 0);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test(`screens before work, ${colorScheme}`, async ({ page, world }) => {
      await page.goto('index.html');
      await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
      await look(page, colorScheme, 'sign-in');
      await signIn(page, world.customer);
      await expect(page.getByRole('heading', { name: 'You have no store yet' })).toBeVisible();
      await look(page, colorScheme, 'no-store');
      await page.getByRole('button', { name: 'Sign out' }).click();
      await world.employ(world.customer, ['Riverside', 's1']);
      await (await World.create([], 'Noodle Bar')).employ(world.customer, ['Old-Town']);
      await signIn(page, world.customer);
      await expect(page.getByRole('heading', { name: 'Where are you today?' })).toBeVisible();
      await look(page, colorScheme, 'stores');
      await page.route('**/config.json', (route) =>
        route.fulfill({ json: { environment: 'dev', sign_in: null } }),
      );
      await page.reload();
      await expect(page.getByRole('heading', { name: 'Sign-in is not set up' })).toBeVisible();
      await look(page, colorScheme, 'not-configured');
    });

    test(`screens of verifying, ${colorScheme}`, async ({ page, world }) => {
      await atCounter(page, world);
      await look(page, colorScheme, 'verify');
      const first = await world.digits();
      await typeCode(page, first);
      await expect(verdict(page)).toHaveText('Accepted');
      await look(page, colorScheme, 'accepted');
      await next(page);
      await typeCode(page, first);
      await expect(verdict(page)).toHaveText('Refused');
      await look(page, colorScheme, 'already-used');
      await next(page);
      await typeCode(page, '123456 123456 123456');
      await page.getByText('Add the order’s total').click();
      await look(page, colorScheme, 'mistyped');
      const tenth = { name: 'A tenth off', benefit: { effect: { percentage: '10' }, cap: cny(500) } };
      await typeCode(page, await world.digits({ ...tenth, order_minimum: cny(2000) }));
      await expect(verdict(page)).toHaveText('Order total needed');
      await look(page, colorScheme, 'order-required');
      await page.getByLabel('Total before the coupon').fill('48.50');
      await page.getByLabel('Reference').fill('table-4');
      await page.getByRole('button', { name: 'Verify with this total' }).click();
      await expect(verdict(page)).toHaveText('Accepted');
      await look(page, colorScheme, 'accepted-with-total');
    });

    test(`screens of the day, ${colorScheme}`, async ({ page, world, context }) => {
      const accepted = await world.digits();
      await world.verify(accepted);
      await world.verify(accepted);
      await world.verify(await world.digits({ name: 'Free biscuit with every pot of Longjing' }));
      await atCounter(page, world);
      await openTab(page, 'Today');
      await expect(page.getByText('2 accepted, 1 refused')).toBeVisible();
      await page.getByText('Export as CSV').click();
      await look(page, colorScheme, 'today');
      await page.getByRole('button', { name: /Undo Free biscuit/ }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await look(page, colorScheme, 'undo');
      await page.getByRole('button', { name: 'Leave it' }).click();
      await openTab(page, 'Settings');
      await look(page, colorScheme, 'settings');
      await openTab(page, 'Kept');
      await look(page, colorScheme, 'kept-empty');
      await openTab(page, 'Verify');
      await context.setOffline(true);
      await typeCode(page, await world.digits());
      await expect(verdict(page)).toHaveText('Not verified yet');
      await look(page, colorScheme, 'kept');
      await next(page);
      await look(page, colorScheme, 'verify-offline');
      await openTab(page, 'Kept');
      await look(page, colorScheme, 'kept-list');
    });
  });
}
