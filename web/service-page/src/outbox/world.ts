/** The outbox's world in a browser. */

import type { Network } from 'scrip-kit/network';
import { browserWorld as kitWorld } from 'scrip-kit/outbox/world';
import type { ServerClock } from 'scrip-kit/server-clock';
import type { Client } from '../api/client';
import type { World } from './outbox';

export function browserWorld(client: Client, network: Network, clock: ServerClock): World {
  return {
    ...kitWorld(network),
    verify: (key, request) => client.verify(key, request),
    clockOffset: () => clock.offset,
    newKey: () => crypto.randomUUID(),
  };
}
