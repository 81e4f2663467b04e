/**
 * How far the server's clock is ahead of this device's. A kept scan tells when it was made; on a device whose clock is
 * wrong, its code would be judged as of another minute.
 */

const NAME = 'scrip.clock-offset';
/** Answers name whole seconds and take a while to arrive; less than this says nothing. */
const LEAST_OFFSET_MILLISECONDS = 5_000;

export class ServerClock {
  constructor(private readonly storage: Storage) {}

  /** In milliseconds; what the last answer showed also counts after a reload without a network. */
  get offset(): number {
    const offset = Number(this.storage.getItem(NAME) ?? 0);
    return Number.isFinite(offset) ? offset : 0;
  }

  /** Learns from the `Date` of an answer that came just now. */
  learn(date: string | null, now: number): void {
    const at = Date.parse(date ?? '');
    if (Number.isNaN(at)) return;
    const offset = at - now;
    if (Math.abs(offset) < LEAST_OFFSET_MILLISECONDS) this.storage.removeItem(NAME);
    else this.storage.setItem(NAME, String(offset));
  }
}
