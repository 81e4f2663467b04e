/** Lists as async iterators, page after page. */

/** One page of a list. */
export type Page<Item> = { items: Item[]; next?: string | null };

/**
 * All items of a list from `after` on, each page fetched when its first item is asked for. Ends where the list does, and
 * where it says only where to look again later.
 */
export async function* itemsOf<Item>(
  fetched: (after: string | undefined) => Promise<Page<Item>>,
  from?: string,
): AsyncGenerator<Item, void, undefined> {
  let after = from;
  for (;;) {
    const { items, next } = await fetched(after);
    yield* items;
    if (next === undefined || next === null || next === after || items.length === 0) return;
    after = next;
  }
}
