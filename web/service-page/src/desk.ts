/** What the screens of a signed-in operator work with. */

import type { Network } from 'scrip-kit/network';
import type { Client } from './api/client';
import type { Device, Store } from './device';
import type { Outbox, Submission } from './outbox/outbox';
import type { Order } from './outbox/scan';
import type { Place } from './ui/frame';
import type { Signals } from './ui/signals';

export type Desk = {
  user: string;
  environment: string;
  client: Client;
  outbox: Outbox;
  device: Device;
  network: Network;
  signals: Signals;
  stores: readonly Store[];
  store: Store;
  /** Shows another place. */
  go(place: Place): void;
  /** Begins to verify a code in this store and shows what becomes of it; one scanned before counts as of then. */
  present(code: string, order?: Order, scannedAt?: number): Submission;
  /** Shows what became of a scan. */
  watch(key: string): void;
  /** Asks in which store the operator is. */
  chooseStore(): void;
  signIn(): void;
  signOut(): void;
  announce(text: string): void;
};
