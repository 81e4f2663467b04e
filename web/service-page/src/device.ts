/** What this device remembers of its operators, beside kept scans: which store, and what a start without network needs. */

import type { Membership } from './api/types';

/** A store, with the merchant it belongs to. */
export type Store = { merchant: string; merchantName: string; currency: string; store: string };

export class Device {
  constructor(
    private readonly storage: Storage,
    private readonly user: string,
  ) {}

  /** The stores as they were when last told, for a start without a network. */
  get memberships(): Membership[] | null {
    return this.read<Membership[]>('stores');
  }

  set memberships(memberships: Membership[]) {
    this.write('stores', memberships);
  }

  /** The chosen store, if the operator still works there; the only one, if there is one. */
  chosen(stores: readonly Store[]): Store | null {
    const choice = this.read<{ merchant: string; store: string }>('choice');
    const chosen = stores.find(
      (store) => store.merchant === choice?.merchant && store.store === choice.store,
    );
    return chosen ?? (stores.length === 1 ? (stores[0] ?? null) : null);
  }

  choose(store: Store): void {
    this.write('choice', { merchant: store.merchant, store: store.store });
  }

  private read<T>(name: string): T | null {
    try {
      return JSON.parse(this.storage.getItem(this.name(name)) ?? 'null') as T | null;
    } catch {
      return null;
    }
  }

  private write(name: string, value: unknown): void {
    this.storage.setItem(this.name(name), JSON.stringify(value));
  }

  private name(name: string): string {
    return `scrip.${name}.${this.user}`;
  }
}

/** All stores, one by one. */
export function storesOf(memberships: readonly Membership[]): Store[] {
  return memberships.flatMap(({ merchant, name, currency, stores }) =>
    stores.map((store) => ({ merchant, merchantName: name, currency, store })),
  );
}
