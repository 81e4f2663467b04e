/** Signs people in: OAuth 2.0 authorization code with PKCE, RFC 6749 and 7636. */

import {
  AuthorizationResponseError,
  type AuthorizationServer,
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  type Client,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomState,
  None,
  refreshTokenGrantRequest,
  validateAuthResponse,
} from 'oauth4webapi';
import type { SignInConfig } from '../config';
import type { Grant } from './session';

const NAME = 'scrip.sign-in';
/** Used where the endpoint does not say how long its token lasts. */
const DEFAULT_LIFETIME_SECONDS = 300;

/** What has to survive the way to the sign-in page and back. */
type Begun = { verifier: string; state: string };

/** Why a sign-in did not come about. A page has the words for it. */
export type SignInFailure =
  | 'begun-elsewhere'
  | 'unreachable'
  | 'not-accepted'
  | 'not-completed'
  | 'unchecked'
  | 'busy';

export class SignInError extends Error {
  constructor(readonly failure: SignInFailure) {
    super(failure);
  }
}

/** Leaves for the sign-in page. */
export async function beginSignIn(config: SignInConfig, page: URL): Promise<void> {
  const begun: Begun = { verifier: generateRandomCodeVerifier(), state: generateRandomState() };
  const url = new URL(config.authorization_url, page);
  const parameters = {
    response_type: 'code',
    client_id: config.client_id,
    redirect_uri: redirectUri(page),
    scope: config.scope,
    state: begun.state,
    code_challenge: await calculatePKCECodeChallenge(begun.verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  sessionStorage.setItem(NAME, JSON.stringify(begun));
  location.assign(url);
}

/** Whether the page was opened by the sign-in page. */
export function isReturn(page: URL): boolean {
  return page.searchParams.has('state') && (page.searchParams.has('code') || page.searchParams.has('error'));
}

/** Takes what the sign-in page has brought back. */
export async function finishSignIn(config: SignInConfig, page: URL): Promise<Grant> {
  const begun = JSON.parse(sessionStorage.getItem(NAME) ?? 'null') as Begun | null;
  sessionStorage.removeItem(NAME);
  if (!begun) throw new SignInError('begun-elsewhere');
  const [server, client] = [serverOf(config, page), { client_id: config.client_id } satisfies Client];
  const response = await authorizationCodeGrantRequest(
    server,
    client,
    None(),
    checkedReturn(server, client, page, begun.state),
    redirectUri(page),
    begun.verifier,
    insecureWhereLocal(page),
  ).catch(() => {
    throw new SignInError('unreachable');
  });
  const grant = await grantOf(response);
  if (!grant) throw new SignInError('not-accepted');
  return grant;
}

/** A new grant for a refresh token; `null` if it does not count any more. */
export async function renewGrant(
  config: SignInConfig,
  page: URL,
  refreshToken: string,
): Promise<Grant | null> {
  const client: Client = { client_id: config.client_id };
  const server = serverOf(config, page);
  const response = await refreshTokenGrantRequest(
    server,
    client,
    None(),
    refreshToken,
    insecureWhereLocal(page),
  );
  if (response.status >= 500 || response.status === 429) throw new SignInError('busy');
  return grantOf(response);
}

function checkedReturn(
  server: AuthorizationServer,
  client: Client,
  page: URL,
  state: string,
): URLSearchParams {
  try {
    return validateAuthResponse(server, client, page, state);
  } catch (error) {
    const isRefused = error instanceof AuthorizationResponseError;
    throw new SignInError(isRefused ? 'not-completed' : 'unchecked');
  }
}

/**
 * The ID token that may come with the access token is not looked at: the page shows nothing of it, and the API checks
 * the access token.
 */
async function grantOf(response: Response): Promise<Grant | null> {
  const body = (await response.json().catch(() => null)) as Record<string, unknown> | null;
  if (!response.ok || !body || typeof body.access_token !== 'string') return null;
  if (typeof body.token_type !== 'string' || body.token_type.toLowerCase() !== 'bearer') return null;
  const seconds = Number(body.expires_in ?? DEFAULT_LIFETIME_SECONDS);
  const lifetime = Number.isFinite(seconds) ? seconds : DEFAULT_LIFETIME_SECONDS;
  return {
    accessToken: body.access_token,
    expiresAt: Date.now() + lifetime * 1_000,
    ...(typeof body.refresh_token === 'string' ? { refreshToken: body.refresh_token } : {}),
  };
}

/** There is one sign-in service, so the issuer that it may name in its return can't be mistaken for another's. */
function serverOf(config: SignInConfig, page: URL): AuthorizationServer {
  return {
    issuer: page.searchParams.get('iss') ?? new URL(config.token_url, page).origin,
    authorization_endpoint: new URL(config.authorization_url, page).href,
    token_endpoint: new URL(config.token_url, page).href,
  };
}

/** The page's own address, without what was brought to it. */
export function redirectUri(page: URL): string {
  return new URL('index.html', new URL('.', page)).href;
}

/** On one machine everything goes over plain HTTP on the loopback interface. */
function insecureWhereLocal(page: URL) {
  return page.protocol === 'http:' ? { [allowInsecureRequests]: true as const } : {};
}
