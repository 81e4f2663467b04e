/** What tests do with the page, in the words of who uses it. */

import { test as base, expect, type Locator, type Page, type Request } from '@playwright/test';
import { checkDigit } from '../src/coupon/code';
import { tokenOf, World } from './world';

/** Tests that begin with a shop of one store and its operator. */
export const test = base.extend<{ world: World }>({
  // No page may throw, nor try what its content security policy forbids.
  page: async ({ page }, use) => {
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) faults.push(message.text());
    });
    await use(page);
    expect(faults).toEqual([]);
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from its pattern.
  world: async ({}, use) => use(await World.create()),
});
export { expect };

export const SCANNING = 'Scan a coupon';

/** Signs in through the real sign-in page. */
export async function signIn(page: Page, user: string): Promise<void> {
  await page.goto('index.html');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await signInAt(page, user);
}

/** On the sign-in page. */
export async function signInAt(page: Page, user: string): Promise<void> {
  await page.getByLabel('User').fill(user);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/service-page\/index\.html/);
}

/** The world's operator at the verify screen, signed in before: what comes of a sign-in is put where the page keeps it. */
export async function atCounter(page: Page, world: World): Promise<void> {
  const accessToken = await tokenOf(world.operator);
  const session = { accessToken, expiresAt: Date.now() + 3_600_000, subject: world.operator };
  await page.addInitScript((kept) => {
    if (sessionStorage.getItem('begun') === null) sessionStorage.setItem('scrip.session', kept);
    sessionStorage.setItem('begun', 'yes');
  }, JSON.stringify(session));
  await page.goto('index.html');
  await expect(page.getByRole('button', { name: SCANNING })).toBeVisible();
}

export function codeField(page: Page): Locator {
  return page.getByLabel('Or type the code');
}

export async function typeCode(page: Page, code: string): Promise<void> {
  await codeField(page).fill(code);
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
}

/** The verdict's big words. */
export function verdict(page: Page): Locator {
  return page.locator('.verdict h1');
}

export async function next(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Next scan' }).click();
  await expect(codeField(page)).toBeVisible();
}

export async function openTab(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
}

/** The requests that verify, as the page sends them. */
export function watchRequests(page: Page): Request[] {
  const sent: Request[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/v1/verifications')) sent.push(request);
  });
  return sent;
}

/** What is stored in the browser, so that it can be searched for what must not be there. */
export function stored(page: Page): Promise<{ local: string; session: string }> {
  return page.evaluate(() => ({
    local: JSON.stringify({ ...localStorage }),
    session: JSON.stringify({ ...sessionStorage }),
  }));
}

/** A number of 18 digits whose check digit is right, but of no coupon. */
export const UNKNOWN_CODE = `00000000000000000${checkDigit('0'.repeat(17))}`;

export const VERIFICATIONS = /\/v1\/verifications$/;
