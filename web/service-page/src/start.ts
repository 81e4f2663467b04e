/** What happens before an operator can work: configuration, sign-in, stores. */

import { Calls } from 'scrip-kit/calls';
import { loadConfig, type PageConfig, type SignInConfig } from 'scrip-kit/config';
import { ProblemError, SignInNeededError } from 'scrip-kit/errors';
import { Network } from 'scrip-kit/network';
import { ServerClock } from 'scrip-kit/server-clock';
import { beginSignIn, finishSignIn, isReturn, renewGrant, SignInError } from 'scrip-kit/sign-in/flow';
import { Session } from 'scrip-kit/sign-in/session';
import { Client } from './api/client';
import type { App, Operator } from './app';
import { Device, type Store, storesOf } from './device';
import { Outbox } from './outbox/outbox';
import { keptOnDevice, Shelf } from './outbox/shelf';
import { browserWorld } from './outbox/world';
import { cannotStartScreen, notConfiguredScreen, notOperatorScreen, signInScreen } from './screens/before';
import { Signals } from './ui/signals';
import { problemWords, signInWords } from './words';

/** How often a service that could not be reached is asked again. */
const PROBE_MILLISECONDS = 10_000;

/** What lasts as long as the page. */
type Ground = {
  app: App;
  config: PageConfig;
  signInConfig: SignInConfig;
  session: Session;
  network: Network;
  signals: Signals;
};

/** Starts the page. */
export async function start(app: App): Promise<void> {
  const page = new URL(location.href);
  // What the sign-in page brings must not stay in the address, nor in the history.
  if (isReturn(page)) history.replaceState(null, '', `${location.pathname}${location.hash}`);
  const config = await loadConfig().catch(() => null);
  if (!config) {
    app.showBefore(
      cannotStartScreen('The service can’t be reached. Check the network, then try again.', reload),
    );
    return;
  }
  const { sign_in: signInConfig } = config;
  if (!signInConfig) {
    app.showBefore(notConfiguredScreen());
    return;
  }
  const renew = (refreshToken: string) => renewGrant(signInConfig, page, refreshToken);
  const session = new Session(sessionStorage, renew);
  const ground: Ground = {
    app,
    config,
    signInConfig,
    session,
    network: new Network(),
    signals: new Signals(localStorage),
  };
  ground.signals.unlockOnGesture(document);
  await openWith(ground, await returned(ground, page));
}

/** Takes a sign-in that comes back; returns what went wrong with it. */
async function returned(ground: Ground, page: URL): Promise<string | null> {
  if (!isReturn(page)) return null;
  try {
    ground.session.begin(await finishSignIn(ground.signInConfig, page));
    return null;
  } catch (error) {
    return error instanceof SignInError
      ? signInWords(error.failure)
      : 'The sign-in did not work. Sign in again.';
  }
}

async function openWith(ground: Ground, trouble: string | null): Promise<void> {
  const { app, session, network } = ground;
  const user = session.subject;
  // Offline, an ended sign-in is no reason to keep an operator from keeping scans.
  if (user === null || trouble !== null || (!session.isLive && network.hasLink)) {
    const waiting = { kept: keptOnDevice(localStorage), isOnline: network.hasLink, trouble };
    app.showBefore(signInScreen(waiting, () => void leaveForSignIn(ground)));
    return;
  }
  await openFor(ground, user);
}

async function openFor(ground: Ground, user: string): Promise<void> {
  const { app, session, network, signals, config } = ground;
  const device = new Device(localStorage, user);
  const clock = new ServerClock(localStorage);
  const calls = new Calls(session, {
    reached: (isReachable) => network.report(isReachable),
    dated: (date) => clock.learn(date, Date.now()),
  });
  const client = new Client(new URL('..', location.href), calls);
  const stores = await loadStores(client, device);
  if (stores === 'sign-in') {
    session.signOut();
    await openWith(ground, 'Your sign-in has ended. Sign in again.');
    return;
  }
  if (typeof stores === 'string') {
    app.showBefore(cannotStartScreen(stores, reload));
    return;
  }
  const leave = () => {
    app.end();
    session.signOut();
    void openWith(ground, null);
  };
  if (stores.length === 0) {
    app.showBefore(notOperatorScreen(user, () => void openFor(ground, user), leave));
    return;
  }
  const outbox = new Outbox(new Shelf(localStorage, user), browserWorld(client, network, clock));
  const operator: Operator = {
    user,
    environment: config.environment,
    session,
    client,
    outbox,
    device,
    network,
    signals,
    stores,
    signIn: () => void leaveForSignIn(ground),
    signOut: leave,
  };
  session.onEnd(() => app.refresh());
  probe(network, client);
  let wasOnline = network.isOnline;
  network.subscribe(() => {
    if (network.isOnline && !wasOnline) void outbox.resend(true);
    wasOnline = network.isOnline;
  });
  app.begin(operator);
}

/** The stores as the server tells them, or as it told them before there was no network, or what is wrong. */
async function loadStores(client: Client, device: Device): Promise<Store[] | string> {
  try {
    const memberships = await client.stores();
    device.memberships = memberships;
    return storesOf(memberships);
  } catch (error) {
    if (device.memberships?.length) return storesOf(device.memberships);
    if (error instanceof SignInNeededError) return 'sign-in';
    if (error instanceof ProblemError) return problemWords(error.problem);
    return 'The service can’t be reached. Check the network, then try again.';
  }
}

async function leaveForSignIn(ground: Ground): Promise<void> {
  // Browsers have no cryptography for pages that came over an open line from another machine.
  if (!isSecureContext) {
    await openWith(ground, 'Signing in needs a secure address, one that begins with https.');
    return;
  }
  await beginSignIn(ground.signInConfig, new URL(location.href));
}

/** While the service can't be reached though there is a network, asks for it now and then. */
function probe(network: Network, client: Client): void {
  let isProbing = false;
  network.subscribe(() => {
    if (isProbing || network.isOnline || !network.hasLink) return;
    isProbing = true;
    setTimeout(() => {
      isProbing = false;
      // The outcome is told to the network, which asks for the next one.
      void client.stores().catch(() => {});
    }, PROBE_MILLISECONDS);
  });
}

function reload(): void {
  location.reload();
}
