/** Where kept scans lie: one entry of the local storage each, so that two tabs never write over each other's. */

import type { Scan } from './scan';

const PREFIX = 'scrip.scan.';
/** Counts up when an entry gets another form, so that no older one is misread. */
const FORMAT = 1;

export class Shelf {
  constructor(
    private readonly storage: Storage,
    private readonly user: string,
  ) {}

  /** Keeps a scan, in the place of what was known of it. */
  put(scan: Scan): void {
    this.storage.setItem(this.name(scan.key), JSON.stringify({ format: FORMAT, scan }));
  }

  get(key: string): Scan | null {
    return parsed(this.storage.getItem(this.name(key)));
  }

  remove(key: string): void {
    this.storage.removeItem(this.name(key));
  }

  /** All that is kept for the user, oldest first. */
  all(): Scan[] {
    const scans = names(this.storage)
      .filter((name) => name.startsWith(this.name('')))
      .map((name) => parsed(this.storage.getItem(name)))
      .filter((scan) => scan !== null);
    return scans.sort((one, other) => one.scannedAt - other.scannedAt);
  }

  private name(key: string): string {
    return `${PREFIX}${part(this.user)}.${key}`;
  }
}

/** A user's id without the dot that ends it here, so that nobody's entries begin like another's. */
function part(user: string): string {
  return encodeURIComponent(user).replaceAll('.', '%2E');
}

/** How many scans are kept on this device, of whomever: told before it is known who signs in. */
export function keptOnDevice(storage: Storage): number {
  return names(storage).filter((name) => name.startsWith(PREFIX)).length;
}

/** Whether a change of the local storage in another tab was one of kept scans. */
export function isShelfEntry(name: string | null): boolean {
  return name === null || name.startsWith(PREFIX);
}

function names(storage: Storage): string[] {
  return Array.from({ length: storage.length }, (_, index) => storage.key(index)).filter(
    (name) => name !== null,
  );
}

function parsed(text: string | null): Scan | null {
  if (text === null) return null;
  try {
    const entry = JSON.parse(text) as { format?: unknown; scan?: Scan };
    return entry.format === FORMAT && entry.scan ? entry.scan : null;
  } catch {
    return null;
  }
}
