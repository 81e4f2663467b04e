import { codeField, expect, test, verdict } from './page';

/** Presses Tab until what has the focus is called so. */
test('everything is done by the keyboard alone', async ({ page, world }) => {
  const code = await world.digits();
  const tabTo = async (name: RegExp) => {
    for (let presses = 0; presses < 25; presses += 1) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(
        () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '',
      );
      if (name.test(focused)) return;
    }
    throw new Error(`Tab does not lead to ${name}`);
  };
  await page.goto('index.html');
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await tabTo(/Sign in/);
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('User')).toBeFocused();
  await page.keyboard.type(world.operator);
  await page.keyboard.press('Enter');

  // Ready for typing, or for a scanner that types.
  await expect(codeField(page)).toBeFocused();
  await page.keyboard.type(`scrip:coupon:${code}`);
  await page.keyboard.press('Enter');
  await expect(verdict(page)).toHaveText('Accepted');
  await expect(verdict(page)).toBeFocused();

  // A second Enter, as some scanners send, does not pass over the verdict.
  await page.keyboard.press('Enter');
  await expect(verdict(page)).toHaveText('Accepted');
  await tabTo(/^Next scan/);
  await page.keyboard.press('Enter');
  await expect(codeField(page)).toBeFocused();

  await tabTo(/^Today/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Today in s1' })).toBeFocused();
  await tabTo(/^Undo 5 off your tea/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Leave it' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByRole('button', { name: /^Undo 5 off your tea/ })).toBeFocused();
  await page.keyboard.press('Enter');
  await tabTo(/^Undo it/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('listitem')).toContainText('Undone');
  await expect(page.getByRole('listitem')).toBeFocused();
});
