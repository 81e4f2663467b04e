/** What stays around the screens: header, notices, the tabs, and the region that speaks to screen readers. */

import { type Child, el, fill, focusOn } from 'scrip-kit/parts/dom';
import { type IconName, icon } from './icons';

/** One screen. Its heading gets the focus unless another element is named. */
export type Screen = {
  title: string;
  parts: Child[];
  focus?: HTMLElement | undefined;
  onLeave?: () => void;
};

/** The places that the tabs lead to. */
export type Place = 'verify' | 'today' | 'kept' | 'settings';

const TABS: readonly { place: Place; label: string; icon: IconName }[] = [
  { place: 'verify', label: 'Verify', icon: 'scan' },
  { place: 'today', label: 'Today', icon: 'list' },
  { place: 'kept', label: 'Kept', icon: 'kept' },
  { place: 'settings', label: 'Settings', icon: 'more' },
];
const PRODUCT = 'Scrip';

export class Frame {
  private readonly where = el('div', { class: 'where' });
  private readonly notices = el('section', { class: 'notices', 'aria-label': 'Notices', hidden: true });
  private readonly main = el('main', { id: 'main' });
  private readonly tabs = el('nav', { class: 'tabs', 'aria-label': 'Main', hidden: true });
  private readonly live = el('p', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
  private leave: () => void = () => {};
  private isFirst = true;

  constructor(
    root: HTMLElement,
    private readonly onTab: (place: Place) => void,
  ) {
    const brand = el('p', { class: 'brand' }, logo(), el('span', {}, PRODUCT));
    const header = el('header', { class: 'top' }, brand, this.where);
    fill(root, header, this.tabs, this.notices, this.main, this.live);
  }

  /** Puts a screen in the place of the one before, and the reader's attention with it. */
  show(screen: Screen): void {
    this.leave();
    this.leave = screen.onLeave ?? (() => {});
    fill(this.main, ...screen.parts);
    document.title = `${screen.title} · ${PRODUCT}`;
    const focus = screen.focus ?? this.main.querySelector<HTMLElement>('h1');
    // When the page opens, the reader begins at its top, as on any page.
    if (focus && (!this.isFirst || screen.focus)) focusOn(focus);
    if (!screen.focus) scrollTo(0, 0);
    this.isFirst = false;
  }

  /** What stands at the right of the header, such as the store. */
  setWhere(...children: Child[]): void {
    fill(this.where, ...children);
  }

  setNotices(...children: Child[]): void {
    fill(this.notices, ...children);
    this.notices.hidden = this.notices.childElementCount === 0;
  }

  /** Shows the tabs, or none before somebody is signed in. `kept` is how many scans wait for attention. */
  setTabs(active: Place | null, kept: number): void {
    this.tabs.hidden = active === null;
    fill(
      this.tabs,
      ...TABS.map((tab) =>
        el(
          'a',
          {
            href: `#${tab.place}`,
            class: 'tab',
            'aria-current': tab.place === active ? 'page' : undefined,
            onclick: (event) => this.pressed(event, tab.place),
          },
          icon(tab.icon),
          el('span', {}, tab.label),
          tab.place === 'kept' &&
            kept > 0 &&
            el('span', { class: 'badge' }, String(kept), el('span', { class: 'unseen' }, ' kept')),
        ),
      ),
    );
  }

  /** The tab of the place where one is begins it anew, for which the address alone would not do. */
  private pressed(event: Event, place: Place): void {
    event.preventDefault();
    this.onTab(place);
  }

  /** Says something to who does not see the page. */
  announce(text: string): void {
    this.live.textContent = text;
  }
}

/** A notice above the screen, with an icon and perhaps something to do. */
export function notice(
  kind: 'calm' | 'warning',
  name: IconName,
  text: Child,
  ...actions: Child[]
): HTMLElement {
  return el('div', { class: `notice ${kind}` }, icon(name), el('p', {}, text), ...actions);
}

function logo(): HTMLElement {
  return el('img', { src: './icon.svg', alt: '', width: 28, height: 28 });
}
