/** Where kept scans lie. */

import { countOnDevice, isItemOf, Shelf as KitShelf } from 'scrip-kit/outbox/shelf';
import type { Scan } from './scan';

/** What scans are called where they are kept. */
export const SCAN = 'scan';

export class Shelf extends KitShelf<Scan> {
  constructor(storage: Storage, user: string) {
    super(storage, { name: SCAN, madeAt: (scan) => scan.scannedAt }, user);
  }
}

/** How many scans are kept on this device, of whomever: told before it is known who signs in. */
export function keptOnDevice(storage: Storage): number {
  return countOnDevice(storage, SCAN);
}

/** Whether a change of the local storage in another tab was one of kept scans. */
export function isShelfEntry(name: string | null): boolean {
  return isItemOf(SCAN, name);
}
