/** Where entries lie: one item of the local storage each, so that two tabs never write over each other's. */

import type { Entry } from './entry';

/** Counts up when an item gets another form, so that no older one is misread. */
const FORMAT = 1;

/** What is kept, such as `scan`: a word that stands in the names of items, and when an entry was made. */
export type Kind<T> = { name: string; madeAt(entry: T): number };

export class Shelf<T extends Entry> {
  constructor(
    private readonly storage: Storage,
    private readonly kind: Kind<T>,
    private readonly user: string,
  ) {}

  /** Keeps an entry, in the place of what was known of it. */
  put(entry: T): void {
    this.storage.setItem(this.name(entry.key), JSON.stringify({ format: FORMAT, [this.kind.name]: entry }));
  }

  get(key: string): T | null {
    return this.parsed(this.storage.getItem(this.name(key)));
  }

  remove(key: string): void {
    this.storage.removeItem(this.name(key));
  }

  /** All that is kept for the user, oldest first. */
  all(): T[] {
    const entries = names(this.storage)
      .filter((name) => name.startsWith(this.name('')))
      .map((name) => this.parsed(this.storage.getItem(name)))
      .filter((entry) => entry !== null);
    return entries.sort((one, other) => this.kind.madeAt(one) - this.kind.madeAt(other));
  }

  private name(key: string): string {
    return `${prefix(this.kind.name)}${part(this.user)}.${key}`;
  }

  private parsed(text: string | null): T | null {
    if (text === null) return null;
    try {
      const item = JSON.parse(text) as Record<string, unknown>;
      return item.format === FORMAT ? ((item[this.kind.name] ?? null) as T | null) : null;
    } catch {
      return null;
    }
  }
}

/** How many entries are kept on this device, of whomever: told before it is known who signs in. */
export function countOnDevice(storage: Storage, kind: string): number {
  return names(storage).filter((name) => name.startsWith(prefix(kind))).length;
}

/** Whether a change of the local storage in another tab was one of such entries. */
export function isItemOf(kind: string, name: string | null): boolean {
  return name === null || name.startsWith(prefix(kind));
}

function prefix(kind: string): string {
  return `scrip.${kind}.`;
}

/** A user's id without the dot that ends it here, so that nobody's items begin like another's. */
function part(user: string): string {
  return encodeURIComponent(user).replaceAll('.', '%2E');
}

function names(storage: Storage): string[] {
  return Array.from({ length: storage.length }, (_, index) => storage.key(index)).filter(
    (name) => name !== null,
  );
}
