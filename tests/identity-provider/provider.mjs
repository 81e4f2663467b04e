// An OpenID provider on this machine, and a client that signs in to it as an app does: by the authorization code flow with
// PKCE. The suite asks for both below /control. Prints its address, and ends when its input does.

import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const CLIENT = 'phone';
const REDIRECT = 'http://127.0.0.1/signed-in';
const AUDIENCE = 'scrip';
const REDIRECTS_MAX = 10;

const server = createServer((request, response) => void answer(request, response));
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
let keys = [newKey()];
let provider = newProvider();
console.log(issuer);
process.stdin.on('end', () => process.exit(0)).resume();

/** A key of the kind that most providers sign with. */
function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: randomBytes(8).toString('hex') };
}

/** A provider that signs with the first of the keys and publishes all. What it has issued is kept for the next one. */
function newProvider() {
  const resource = { scope: 'wallet treasury', audience: AUDIENCE, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
  const one = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: [REDIRECT],
      },
    ],
    jwks: { keys },
    cookies: { keys: ['only for tests'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    features: {
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:scrip',
        useGrantedResource: () => true,
        getResourceServerInfo: () => resource,
      },
    },
    issueRefreshToken: () => true,
    pkce: { required: () => true },
    ttl: { AccessToken: 3600, AuthorizationCode: 60, Grant: 3600, IdToken: 3600, Interaction: 60, RefreshToken: 3600, Session: 3600 },
  });
  return one.callback();
}

async function answer(request, response) {
  if (!request.url.startsWith('/control/')) {
    provider(request, response);
    return;
  }
  try {
    const asked = JSON.parse(await text(request));
    const answered = await controls[request.url.slice('/control/'.length)](asked);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answered));
  } catch (error) {
    response.writeHead(500).end(String(error.stack));
  }
}

const controls = {
  'sign-in': ({ user, scope }) => signIn(user, scope),
  refresh: ({ refresh_token }) => token({ grant_type: 'refresh_token', refresh_token }),
  'exchange-without-verifier': async ({ user }) => {
    const { code } = await authorized(user, 'openid');
    return token({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT });
  },
  // The next tokens are signed with a new key. Those before can be verified for as long as their key is published.
  'add-key': () => rotated([newKey(), ...keys]),
  'remove-old-keys': () => rotated(keys.slice(0, 1)),
};

function rotated(next) {
  keys = next;
  provider = newProvider();
  return { kids: keys.map((key) => key.kid) };
}

async function signIn(user, scope) {
  const { code, verifier } = await authorized(user, scope);
  return token({ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: REDIRECT });
}

/** The code that the browser is sent back with, once the user has signed in and agreed. */
async function authorized(user, scope) {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(8).toString('hex');
  const query = new URLSearchParams({
    client_id: CLIENT,
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope,
    state,
    prompt: 'consent',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const browser = new Browser();
  let place = await browser.follow(`${issuer}/auth?${query}`);
  for (const form of [{ prompt: 'login', login: user, password: 'any' }, { prompt: 'consent' }]) {
    place = await browser.follow(place, form);
  }
  const answered = new URL(place).searchParams;
  if (answered.get('state') !== state) {
    throw new Error(`signed in at ${place}`);
  }
  return { code: answered.get('code'), verifier };
}

async function token(form) {
  const body = new URLSearchParams({ client_id: CLIENT, ...form });
  const response = await fetch(`${issuer}/token`, { method: 'POST', body });
  return response.json();
}

/** As much of a browser as signing in needs: it keeps cookies, and follows redirects to where a user has to act. */
class Browser {
  cookies = new Map();

  async follow(url, form) {
    let body = form && new URLSearchParams(form);
    for (let place = url, n = 0; n < REDIRECTS_MAX; n++) {
      if (place.startsWith(REDIRECT)) {
        return place;
      }
      const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const method = body ? 'POST' : 'GET';
      const response = await fetch(place, { method, body, headers: { cookie }, redirect: 'manual' });
      body = undefined;
      for (const set of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
        this.cookies.set(name, value);
      }
      const next = response.headers.get('location');
      if (next === null) {
        if (!response.ok) {
          throw new Error(`${response.status} ${await response.text()}`);
        }
        return place;
      }
      place = new URL(next, place).href;
    }
    throw new Error('redirected too often');
  }
}

async function text(request) {
  const parts = [];
  for await (const part of request) {
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
