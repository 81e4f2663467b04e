/** Whether the server can be reached, as far as the browser and the last call tell. */

export class Network {
  private isReached = true;
  private readonly listeners = new Set<() => void>();

  constructor() {
    for (const change of ['online', 'offline']) addEventListener(change, () => this.changed());
  }

  /** What the browser says. It knows of no network for sure; of one, it only guesses. */
  get hasLink(): boolean {
    return navigator.onLine;
  }

  get isOnline(): boolean {
    return this.hasLink && this.isReached;
  }

  /** What the last call has shown. */
  report(isReachable: boolean): void {
    // A failure is told each time: whoever asks again waits for it.
    if (isReachable && this.isReached) return;
    this.isReached = isReachable;
    this.tell();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private changed(): void {
    // A new link deserves a new try.
    if (navigator.onLine) this.isReached = true;
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
