/** A storage for tests, in memory. */
export class FakeStorage implements Storage {
  private readonly entries = new Map<string, string>();

  get length(): number {
    return this.entries.size;
  }

  clear(): void {
    this.entries.clear();
  }

  getItem(name: string): string | null {
    return this.entries.get(name) ?? null;
  }

  key(index: number): string | null {
    return [...this.entries.keys()][index] ?? null;
  }

  removeItem(name: string): void {
    this.entries.delete(name);
  }

  setItem(name: string, value: string): void {
    this.entries.set(name, value);
  }
}
