import { mkdirSync } from 'node:fs';
import { type Browser, chromium } from '@playwright/test';
import { CHROMIUM, CHROMIUM_ARGS } from '../playwright.config';
import { atCounter, codeField, expect, SCANNING, test, verdict, watchRequests } from './page';
import { qrFilm, qrImage } from './qr-files';

const FAKE_CAMERA = '--use-fake-device-for-media-stream';
const GRANTED = '--use-fake-ui-for-media-stream';

function browserWith(...flags: string[]): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: [...CHROMIUM_ARGS, ...flags] });
}

test('a code before the camera is verified once, however long it is held there', async ({
  world,
  contextOptions,
  baseURL,
}, info) => {
  const film = info.outputPath('coupon.y4m');
  mkdirSync(info.outputPath(), { recursive: true });
  qrFilm(film, (await world.code(await world.coupon())).qr);
  const browser = await browserWith(FAKE_CAMERA, GRANTED, `--use-file-for-fake-video-capture=${film}`);
  const page = await browser.newPage({ ...contextOptions, ...(baseURL ? { baseURL } : {}) });
  const sent = watchRequests(page);
  await atCounter(page, world);
  await page.getByRole('button', { name: SCANNING }).click();
  await expect(verdict(page)).toHaveText('Accepted');
  await expect(page.locator('video')).toHaveCount(0);

  // The camera opens again by itself. The same code, still in view, is not sent once more.
  await page.getByRole('button', { name: 'Next scan' }).click();
  const video = page.locator('video');
  await expect(video).toBeVisible();
  await page.screenshot({ path: new URL('../screenshots/light-camera.png', import.meta.url).pathname });
  await expect
    .poll(() => video.evaluate((element: HTMLVideoElement) => element.currentTime))
    .toBeGreaterThan(1);
  await expect(page.getByText('This code was just verified.')).toBeVisible();
  expect(sent).toHaveLength(1);
  expect(await world.verifications()).toMatchObject([{ verdict: 'accepted' }]);

  const isLive = () =>
    video.evaluate((element: HTMLVideoElement) => (element.srcObject as MediaStream).active);
  expect(await isLive()).toBe(true);
  await page.getByRole('button', { name: 'Stop the camera' }).click();
  await expect(page.getByRole('button', { name: SCANNING })).toBeFocused();
  await browser.close();
});

test('a camera that is not allowed leaves typing and says what to do', async ({
  world,
  contextOptions,
  baseURL,
}) => {
  const browser = await browserWith(FAKE_CAMERA);
  const page = await browser.newPage({ ...contextOptions, ...(baseURL ? { baseURL } : {}) });
  await atCounter(page, world);
  await page.getByRole('button', { name: SCANNING }).click();
  await expect(page.getByText('The camera is not allowed on this page.')).toBeVisible();
  await expect(codeField(page)).toBeEditable();
  await browser.close();
});

test('a photo of a code is read', async ({ page, world }) => {
  await atCounter(page, world);
  const { qr } = await world.code(await world.coupon());
  await page.getByLabel('Choose a photo').setInputFiles(qrImage(qr));
  await expect(verdict(page)).toHaveText('Accepted');
});

test('a photo of something else says so, and nothing is sent', async ({ page, world }) => {
  await atCounter(page, world);
  const sent = watchRequests(page);
  const photo = page.getByLabel('Choose a photo');
  await photo.setInputFiles(qrImage('https://example.com/menu'));
  await expect(page.getByText('This QR code is no Scrip coupon.')).toBeVisible();
  await photo.setInputFiles({ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') });
  await expect(page.getByText('No QR code was found in this photo.')).toBeVisible();
  expect(sent).toHaveLength(0);
});
