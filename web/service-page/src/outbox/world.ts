/** The outbox's world in a browser. */

import type { Client } from '../api/client';
import type { Network } from '../network';
import type { ServerClock } from '../server-clock';
import type { World } from './outbox';

export function browserWorld(client: Client, network: Network, clock: ServerClock): World {
  return {
    verify: (key, request) => client.verify(key, request),
    now: () => Date.now(),
    clockOffset: () => clock.offset,
    chance: () => Math.random(),
    newKey: () => crypto.randomUUID(),
    isOnline: () => network.hasLink,
    exclusively,
    later: (task, milliseconds) => {
      const timer = setTimeout(task, milliseconds);
      return () => clearTimeout(timer);
    },
  };
}

/** Among tabs by a lock of the browser. Where it has none, the idempotency key still makes two requests one. */
async function exclusively(name: string, task: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return task();
  await navigator.locks.request(name, { ifAvailable: true }, (lock) => (lock ? task() : undefined));
}
