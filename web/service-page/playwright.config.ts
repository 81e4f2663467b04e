import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Set once, by the process that starts first; its workers inherit it. */
process.env.SCRIP_E2E_PORT ??= String(await freePort());
const port = process.env.SCRIP_E2E_PORT;
const base = `http://127.0.0.1:${port}`;

/** Flags with which Chromium runs in a container and talks to nobody but the page. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** The browser of the machine; none is downloaded. */
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  reporter: 'list',
  fullyParallel: true,
  forbidOnly: true,
  workers: 3,
  // What hangs fails; what is only slow, as on a busy machine, does not.
  timeout: 180_000,
  expect: { timeout: 60_000 },
  use: {
    baseURL: `${base}/v1/service-page/`,
    browserName: 'chromium',
    headless: true,
    locale: 'en-US',
    timezoneId: 'Asia/Shanghai',
    viewport: { width: 360, height: 740 },
    // One of the specs is about the service worker; the others are to see every request.
    serviceWorkers: 'block',
    launchOptions: { executablePath: CHROMIUM, args: CHROMIUM_ARGS },
  },
  webServer: {
    command: `"${here(process.env.SCRIP_BIN ?? '../../target/debug/scrip')}" up --memory`,
    url: `${base}/health`,
    reuseExistingServer: false,
    stderr: 'ignore',
    timeout: 180_000,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 5_000 },
    env: { SCRIP_PORT: port },
  },
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
