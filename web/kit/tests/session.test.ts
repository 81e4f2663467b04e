import { describe, expect, test } from 'vitest';
import { SignInNeededError, UnreachableError } from '../src/errors';
import { type Grant, Session, subjectOf } from '../src/sign-in/session';
import { FakeStorage } from './fake-storage';

const HOUR = 3_600_000;

function token(sub: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub })}.x`;
}

function grant(lifetime: number, refreshToken?: string): Grant {
  const accessToken = token('olga-ü');
  return { accessToken, expiresAt: Date.now() + lifetime, ...(refreshToken ? { refreshToken } : {}) };
}

function session(renew: (refreshToken: string) => Promise<Grant | null> = () => Promise.resolve(null)) {
  const storage = new FakeStorage();
  return { storage, session: new Session(storage, renew) };
}

describe('a session', () => {
  test('knows its user, and lasts through a reload', () => {
    const { storage, session: begun } = session();
    expect([begun.subject, begun.isLive]).toEqual([null, false]);
    begun.begin(grant(HOUR));
    const reloaded = new Session(storage, () => Promise.resolve(null));
    expect([reloaded.subject, reloaded.isLive]).toEqual(['olga-ü', true]);
    reloaded.signOut();
    expect(new Session(storage, () => Promise.resolve(null)).subject).toBeNull();
  });

  test('is renewed once for all calls that wait', async () => {
    const renewals: string[] = [];
    const { session: live } = session(async (refreshToken) => {
      renewals.push(refreshToken);
      return grant(HOUR);
    });
    live.begin(grant(0, 'refresh-1'));
    const tokens = await Promise.all([live.token(), live.token(), live.renewed()]);
    expect(new Set(tokens).size).toBe(1);
    expect(renewals).toEqual(['refresh-1']);
    await live.renewed();
    expect(renewals).toEqual(['refresh-1', 'refresh-1']);
  });

  test('that has run out without a refresh token asks to sign in, and still knows its user', async () => {
    const { session: ended } = session();
    let isTold = 0;
    ended.onEnd(() => {
      isTold += 1;
    });
    ended.begin(grant(HOUR));
    ended.expire();
    await expect(ended.token()).rejects.toBeInstanceOf(SignInNeededError);
    expect([ended.subject, ended.isLive, isTold]).toEqual(['olga-ü', false, 1]);
  });

  test('whose refresh token is refused has ended', async () => {
    const { session: ended } = session(() => Promise.resolve(null));
    ended.begin(grant(0, 'refresh-1'));
    expect(ended.isLive).toBe(true);
    await expect(ended.token()).rejects.toBeInstanceOf(SignInNeededError);
    expect(ended.isLive).toBe(false);
  });

  test('whose renewal gets no answer goes on', async () => {
    const { session: live } = session(() => Promise.reject(new TypeError('no network')));
    live.begin(grant(0, 'refresh-1'));
    await expect(live.token()).rejects.toBeInstanceOf(UnreachableError);
    expect(live.isLive).toBe(true);
  });
});

test('a token that names nobody is nobody’s', () => {
  for (const text of ['', 'opaque', 'a.b.c', 'a.e30.c']) expect(subjectOf(text)).toBe('unknown');
  expect(subjectOf(token('user_1'))).toBe('user_1');
});
