/** The user's tokens. They live as long as the tab, and nowhere else. */

import { SignInNeededError, UnreachableError } from '../errors';

/** What a token endpoint has granted. */
export type Grant = { accessToken: string; expiresAt: number; refreshToken?: string };

/** Brings a new grant for a refresh token; `null` if the token does not count any more. */
export type Renew = (refreshToken: string) => Promise<Grant | null>;

const NAME = 'scrip.session';
/** A token that ends while its request is on the way is of no use. */
const EXPIRY_MARGIN_MILLISECONDS = 20_000;

type Kept = Grant & { subject: string };

export class Session {
  private kept: Kept | null;
  private renewing: Promise<void> | null = null;
  private listener: () => void = () => {};

  constructor(
    private readonly storage: Storage,
    private readonly renew: Renew,
  ) {
    this.kept = read(storage);
  }

  /** Who is signed in, even if the token has run out: what is kept for them is still theirs. */
  get subject(): string | null {
    return this.kept?.subject ?? null;
  }

  /** Whether calls can be made without signing in again. */
  get isLive(): boolean {
    return this.kept !== null && (isFresh(this.kept) || this.kept.refreshToken !== undefined);
  }

  /** Called when the sign-in has ended. */
  onEnd(listener: () => void): void {
    this.listener = listener;
  }

  begin(grant: Grant): void {
    this.keep({ ...grant, subject: subjectOf(grant.accessToken) });
  }

  /** A token for a call, renewed first if it has run out. */
  async token(): Promise<string> {
    if (this.kept && isFresh(this.kept)) return this.kept.accessToken;
    return this.renewed();
  }

  /** A new token, by the refresh token; one request, however many calls wait for it. */
  async renewed(): Promise<string> {
    this.renewing ??= this.renewOnce().finally(() => {
      this.renewing = null;
    });
    await this.renewing;
    if (!this.kept) throw new SignInNeededError();
    return this.kept.accessToken;
  }

  /** The token does not count any more. Who it was of stays known. */
  expire(): void {
    if (!this.kept) return;
    const wasLive = this.isLive;
    this.keep({ accessToken: '', expiresAt: 0, subject: this.kept.subject });
    if (wasLive) this.listener();
  }

  signOut(): void {
    this.kept = null;
    this.storage.removeItem(NAME);
  }

  private async renewOnce(): Promise<void> {
    const refreshToken = this.kept?.refreshToken;
    if (!this.kept || refreshToken === undefined) {
      this.expire();
      throw new SignInNeededError();
    }
    const grant = await this.renew(refreshToken).catch(() => {
      throw new UnreachableError();
    });
    if (!grant) {
      this.expire();
      throw new SignInNeededError();
    }
    // An endpoint that does not rotate refresh tokens sends none; the one before still counts.
    this.keep({ refreshToken, ...grant, subject: this.kept.subject });
  }

  private keep(kept: Kept): void {
    this.kept = kept;
    this.storage.setItem(NAME, JSON.stringify(kept));
  }
}

/** The user that an access token names. The server checks the token; here it only tells whose things are kept. */
export function subjectOf(accessToken: string): string {
  try {
    const payload = (accessToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(payload), (sign) => sign.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as { sub?: unknown };
    return typeof claims.sub === 'string' ? claims.sub : UNKNOWN_SUBJECT;
  } catch {
    return UNKNOWN_SUBJECT;
  }
}

const UNKNOWN_SUBJECT = 'unknown';

function isFresh(kept: Kept): boolean {
  return kept.expiresAt - EXPIRY_MARGIN_MILLISECONDS > Date.now();
}

function read(storage: Storage): Kept | null {
  try {
    return JSON.parse(storage.getItem(NAME) ?? 'null') as Kept | null;
  } catch {
    return null;
  }
}
