/** Leads a signed-in operator from screen to screen, and keeps the frame around them true. */

import type { Network } from 'scrip-kit/network';
import { el } from 'scrip-kit/parts/dom';
import type { Session } from 'scrip-kit/sign-in/session';
import type { Client } from './api/client';
import type { Desk } from './desk';
import type { Device, Store } from './device';
import type { Outbox } from './outbox/outbox';
import { isShelfEntry } from './outbox/shelf';
import { storesScreen } from './screens/before';
import { keptScreen } from './screens/kept';
import { settingsScreen } from './screens/settings';
import { todayScreen } from './screens/today';
import { verdictScreen } from './screens/verdict';
import { lookOf } from './screens/verdict-words';
import { verifyScreen } from './screens/verify';
import { Frame, notice, type Place, type Screen } from './ui/frame';
import { icon } from './ui/icons';
import type { Signals } from './ui/signals';

/** Which scan is looked at, so that a reload or a new sign-in comes back to it. */
const WATCHED = 'scrip.watched';
const PLACES: readonly Place[] = ['verify', 'today', 'kept', 'settings'];

/** What the app needs to begin with an operator. */
export type Operator = {
  user: string;
  environment: string;
  session: Session;
  client: Client;
  outbox: Outbox;
  device: Device;
  network: Network;
  signals: Signals;
  stores: readonly Store[];
  signIn(): void;
  signOut(): void;
};

export class App {
  readonly frame: Frame;
  private operator: Operator | null = null;
  private store: Store | null = null;
  private place: Place | null = null;
  private watched: string | null = null;
  /** What was scanned last, as the camera sees it. */
  private lastCode: string | null = null;
  private readonly unsubscribes: (() => void)[] = [];

  constructor(root: HTMLElement) {
    this.frame = new Frame(root, (place) => this.go(place));
    addEventListener('hashchange', () => this.follow());
  }

  /** Shows a screen of before the sign-in. */
  showBefore(screen: Screen): void {
    this.frame.setWhere();
    this.frame.setTabs(null, 0);
    this.frame.setNotices();
    this.frame.show(screen);
  }

  /** Begins with an operator who has at least one store. */
  begin(operator: Operator): void {
    this.operator = operator;
    this.unsubscribes.push(
      operator.outbox.subscribe((scan) => {
        if (scan && scan.standing.kind !== 'waiting' && scan.key !== this.watched) this.tellLate(scan.key);
        this.refresh();
      }),
      operator.network.subscribe(() => this.refresh()),
    );
    addEventListener('storage', (event) => {
      if (isShelfEntry(event.key)) operator.outbox.changedElsewhere();
    });
    this.store = operator.device.chosen(operator.stores);
    const watched = sessionStorage.getItem(WATCHED);
    if (!this.store) this.chooseStore();
    else if (watched !== null && operator.outbox.get(watched)) this.watch(watched);
    else this.follow();
    void operator.outbox.resend(true);
  }

  /** The operator signs out: nothing of theirs stays on the screen. */
  end(): void {
    for (const unsubscribe of this.unsubscribes.splice(0)) unsubscribe();
    this.operator?.outbox.stop();
    this.operator = null;
    this.place = null;
    this.setWatched(null);
    history.replaceState(null, '', location.pathname);
  }

  /** Brings notices and badge up to date. */
  refresh(): void {
    const { operator } = this;
    if (!operator) return;
    const all = operator.outbox.all();
    const others = all.filter((scan) => scan.key !== this.watched);
    // A scan that waits says itself what it waits for.
    const isTold = all.some((scan) => scan.key === this.watched && scan.standing.kind === 'waiting');
    this.frame.setTabs(this.store ? (this.place ?? 'verify') : null, others.length);
    const waiting = others.filter((scan) => scan.standing.kind === 'waiting').length;
    const told = others.length - waiting;
    this.frame.setNotices(
      !isTold && !operator.network.isOnline && notice('warning', 'offline', offlineWords(operator.network)),
      !isTold && !operator.session.isLive && this.signInNotice(operator),
      this.place !== 'kept' &&
        others.length > 0 &&
        notice('calm', 'kept', keptWords(waiting, told), keptLink()),
    );
  }

  private signInNotice(operator: Operator): HTMLElement {
    const button = el(
      'button',
      { type: 'button', class: 'button', onclick: operator.signIn },
      'Sign in again',
    );
    return notice('warning', 'key', 'Your sign-in has ended. What is kept stays kept.', button);
  }

  private follow(): void {
    if (!this.operator) return;
    if (!this.store) {
      this.chooseStore();
      return;
    }
    const named = location.hash.slice(1);
    const place = PLACES.find((place) => place === named) ?? 'verify';
    this.show(place);
  }

  private show(place: Place): void {
    const desk = this.desk();
    if (!desk) return;
    const isNext = this.watched !== null;
    this.place = place;
    this.setWatched(null);
    this.frame.setWhere(this.storeButton(desk));
    this.frame.show(this.screenOf(place, desk, isNext));
    this.refresh();
  }

  private screenOf(place: Place, desk: Desk, isNext: boolean): Screen {
    switch (place) {
      case 'verify': {
        // With a keyboard at hand, or a scanner that types, the field is ready at once.
        const isTyping = matchMedia('(hover: hover) and (pointer: fine)').matches;
        return verifyScreen(desk, isNext ? this.lastCode : null, isTyping);
      }
      case 'today':
        return todayScreen(desk);
      case 'kept':
        return keptScreen(desk);
      case 'settings':
        return settingsScreen(desk);
    }
  }

  private watch(key: string): void {
    const desk = this.desk();
    if (!desk) return;
    this.place = 'verify';
    this.setWatched(key);
    this.frame.setWhere(this.storeButton(desk));
    this.frame.show(verdictScreen(desk, key));
    this.refresh();
  }

  private go(place: Place): void {
    if (location.hash === `#${place}`) this.show(place);
    else location.hash = place;
  }

  private chooseStore(): void {
    const { operator } = this;
    if (!operator) return;
    this.setWatched(null);
    this.frame.setWhere();
    this.frame.show(
      storesScreen(operator.stores, this.store, (store) => {
        operator.device.choose(store);
        this.store = store;
        this.go('verify');
      }),
    );
    this.refresh();
  }

  private storeButton(desk: Desk): HTMLElement {
    const { store, merchantName } = desk.store;
    const isOfSeveral = new Set(desk.stores.map(({ merchant }) => merchant)).size > 1;
    const name = el('span', { class: 'store-name' }, isOfSeveral ? `${store}, ${merchantName}` : store);
    if (desk.stores.length === 1) return el('p', { class: 'store' }, icon('store'), name);
    const label = `Store ${name.textContent}, change it`;
    return el(
      'button',
      { type: 'button', class: 'store', 'aria-label': label, onclick: desk.chooseStore },
      icon('store'),
      name,
    );
  }

  private setWatched(key: string | null): void {
    this.watched = key;
    if (key === null) sessionStorage.removeItem(WATCHED);
    else sessionStorage.setItem(WATCHED, key);
  }

  /** A kept scan got its verdict while something else was looked at. */
  private tellLate(key: string): void {
    const { operator } = this;
    const scan = operator?.outbox.get(key);
    if (!operator || !scan) return;
    const { title, short } = lookOf(scan, operator.user);
    this.frame.announce(`A kept scan has its verdict: ${title}${short === null ? '' : `, ${short}`}.`);
  }

  private desk(): Desk | null {
    const { operator, store } = this;
    if (!operator || !store) return null;
    return {
      ...operator,
      store,
      go: (place) => this.go(place),
      watch: (key) => this.watch(key),
      present: (code, order, scannedAt) => {
        const { merchant, store: name } = store;
        const submission = operator.outbox.submit({
          code,
          merchant,
          store: name,
          ...(order ? { order } : {}),
          ...(scannedAt === undefined ? {} : { scannedAt }),
        });
        this.lastCode = code;
        if (submission.kind === 'scan') this.watch(submission.scan.key);
        return submission;
      },
      chooseStore: () => this.chooseStore(),
      announce: (text) => this.frame.announce(text),
    };
  }
}

function offlineWords(network: Network): string {
  return network.hasLink
    ? 'The service can’t be reached. Codes are kept on this device, and verified when it can.'
    : 'You are offline. Codes are kept on this device, and verified when the network is back.';
}

function keptWords(waiting: number, told: number): string {
  const scans = (count: number) => (count === 1 ? '1 kept scan' : `${count} kept scans`);
  if (told === 0) return `${scans(waiting)} not verified yet.`;
  const verdicts = `${scans(told)} ${told === 1 ? 'has its verdict' : 'have their verdicts'}.`;
  return waiting === 0 ? verdicts : `${verdicts} ${waiting} not verified yet.`;
}

function keptLink(): HTMLElement {
  return el('a', { href: '#kept', class: 'button' }, 'Look');
}
