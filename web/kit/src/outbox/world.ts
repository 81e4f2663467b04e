/** The outbox's world in a browser. */

import type { Network } from '../network';
import type { World } from './outbox';

export function browserWorld(network: Network): World {
  return {
    now: () => Date.now(),
    chance: () => Math.random(),
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
