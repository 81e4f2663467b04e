/** A server for tests: the program on a free port, in memory. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(
  new URL(process.env.SCRIP_BIN ?? '../../../target/debug/scrip', import.meta.url),
);
const STEP_MILLISECONDS = 50;

export type Server = { base: string; stop(): Promise<void> };

export async function startServer(): Promise<Server> {
  const port = String(await freePort());
  const program = spawn(PROGRAM, ['up', '--memory'], {
    env: { ...process.env, SCRIP_PORT: port },
    stdio: 'ignore',
  });
  const base = `http://127.0.0.1:${port}`;
  while (!(await isHealthy(base))) {
    if (program.exitCode !== null) throw new Error(`${PROGRAM} ended with ${program.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, STEP_MILLISECONDS));
  }
  const stop = async () => {
    const ended = once(program, 'exit');
    program.kill('SIGTERM');
    await ended;
  };
  return { base, stop };
}

/** A token of the local issuer. */
export async function tokenOf(base: string, user: string, scope?: string): Promise<string> {
  const body = JSON.stringify({ user, ...(scope ? { scope } : {}) });
  const response = await fetch(`${base}/local/tokens`, { method: 'POST', body });
  return ((await response.json()) as { token: string }).token;
}

async function isHealthy(base: string): Promise<boolean> {
  return fetch(`${base}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}

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
