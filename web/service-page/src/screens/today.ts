/** What was verified today in this store, newest first. */

import { ProblemError, SignInNeededError } from 'scrip-kit/errors';
import { formatMoney } from 'scrip-kit/money';
import { type Child, el, fill } from 'scrip-kit/parts/dom';
import { clockTime, midnight } from 'scrip-kit/times';
import type { Verification } from '../api/types';
import type { Desk } from '../desk';
import type { Screen } from '../ui/frame';
import { type IconName, icon } from '../ui/icons';
import { problemWords, refusalWords } from '../words';
import { exportPanel } from './export';
import { undoButton } from './undo';

export function todayScreen(desk: Desk): Screen {
  const list = new TodayList(desk);
  void list.load();
  return {
    title: 'Today',
    parts: [
      el('div', { class: 'title-row' }, el('h1', {}, `Today in ${desk.store.store}`), list.refresh),
      list.filter,
      list.summary,
      list.rows,
      list.foot,
      exportPanel(desk),
    ],
    onLeave: () => list.stop(),
  };
}

/** The list with its paging. What is asked for last is shown, whatever comes late. */
class TodayList {
  readonly rows = el('ul', { class: 'rows' });
  readonly summary = el('p', { class: 'summary', role: 'status' });
  readonly foot = el('div', { class: 'foot' });
  readonly filter: HTMLElement;
  readonly refresh: HTMLElement;
  private items: Verification[] = [];
  private next: string | null = null;
  private isMineOnly = false;
  private asked = 0;

  constructor(private readonly desk: Desk) {
    this.filter = el(
      'fieldset',
      { class: 'segments' },
      el('legend', { class: 'unseen' }, 'Whose verifications'),
      this.segment('Everyone', false),
      this.segment('Only mine', true),
    );
    this.refresh = el(
      'button',
      { type: 'button', class: 'button quiet', onclick: () => void this.load() },
      'Refresh',
    );
  }

  async load(): Promise<void> {
    this.items = [];
    this.next = null;
    fill(this.summary, 'Loading…');
    fill(this.rows);
    await this.more();
  }

  stop(): void {
    this.asked += 1;
  }

  private readonly more = async (): Promise<void> => {
    this.asked += 1;
    const mine = this.asked;
    const before = this.items.length;
    fill(this.foot);
    try {
      const page = await this.desk.client.verifications(this.desk.store.merchant, {
        store: this.desk.store.store,
        from: midnight(new Date()).toISOString(),
        ...(this.isMineOnly ? { operator: this.desk.user } : {}),
        ...(this.next === null ? {} : { after: this.next }),
      });
      if (mine !== this.asked) return;
      this.items.push(...page.items);
      this.next = page.next;
      this.show(before);
    } catch (error) {
      if (mine === this.asked) this.complain(error);
    }
  };

  private show(before: number): void {
    const added = this.items.slice(before).map((item) => row(item, this.desk, () => this.summarise()));
    this.rows.append(...added);
    this.summarise();
    const button = el(
      'button',
      { type: 'button', class: 'button', onclick: () => void this.more() },
      'Show more',
    );
    fill(this.foot, this.next !== null && button);
    // The button that had the focus is gone: go on where the new rows begin.
    if (before > 0) added[0]?.focus();
  }

  private summarise(): void {
    if (this.items.length === 0 && this.next === null) {
      fill(this.summary, this.isMineOnly ? EMPTY_MINE : EMPTY);
      return;
    }
    const undone = this.items.filter(isUndone).length;
    const accepted = this.items.filter((item) => item.verdict === 'accepted').length - undone;
    const counts = [
      `${accepted} accepted`,
      `${this.items.length - accepted - undone} refused`,
      `${undone} undone`,
    ];
    const scope = this.next === null ? '' : ' among those shown';
    fill(this.summary, `${counts.slice(0, undone > 0 ? 3 : 2).join(', ')}${scope}`);
  }

  private complain(error: unknown): void {
    fill(this.summary, listTrouble(error));
    fill(
      this.foot,
      el('button', { type: 'button', class: 'button', onclick: () => void this.more() }, 'Try again'),
    );
  }

  private segment(label: string, isMineOnly: boolean): HTMLElement {
    const choose = () => {
      this.isMineOnly = isMineOnly;
      void this.load();
    };
    const input = el('input', { type: 'radio', name: 'whose', checked: !isMineOnly, onchange: choose });
    return el('label', {}, input, el('span', {}, label));
  }
}

const EMPTY = 'Nothing was verified here today. Each scan shows up here as soon as it has its verdict.';
const EMPTY_MINE = 'You have verified nothing here today.';

function listTrouble(error: unknown): string {
  if (error instanceof ProblemError) return problemWords(error.problem);
  if (error instanceof SignInNeededError) return 'Your sign-in has ended. Sign in again to see the list.';
  return 'You are offline. The list needs a network.';
}

function isUndone(item: Verification): boolean {
  return item.reversed_at !== undefined;
}

function row(item: Verification, desk: Desk, onChange: () => void): HTMLElement {
  const element = el('li', { class: 'row', tabindex: '-1' });
  const show = () => fill(element, ...rowParts(item, desk, undone));
  const undone = (at: string) => {
    item.reversed_at = at;
    show();
    element.focus();
    onChange();
  };
  show();
  return element;
}

function rowParts(item: Verification, desk: Desk, onUndone: (at: string) => void): Child[] {
  const [mark, words] = markOf(item);
  const name = item.coupon?.name ?? 'Unknown code';
  const canUndo = item.verdict === 'accepted' && !isUndone(item);
  const total = item.order?.total;
  const facts = [
    item.deduction && `${formatMoney(item.deduction)} off`,
    total && `of ${formatMoney(total)}`,
    item.order?.reference,
    item.operator && `by ${item.operator === desk.user ? 'you' : item.operator}`,
  ].filter((fact) => fact !== undefined);
  return [
    el('span', { class: `mark ${mark}` }, icon(mark)),
    el(
      'div',
      { class: 'row-text' },
      el(
        'p',
        { class: 'row-title' },
        el('strong', {}, words),
        el('time', { datetime: item.at }, clockTime(item.at)),
      ),
      el('p', { class: 'row-name' }, name),
      facts.length > 0 && el('p', { class: 'quiet-text' }, facts.join(' · ')),
    ),
    canUndo && undoButton(desk, item.id, name, `Undo ${name}, ${clockTime(item.at)}`, onUndone),
  ];
}

function markOf(item: Verification): [IconName & ('accepted' | 'refused' | 'undone'), string] {
  if (isUndone(item)) return ['undone', 'Undone'];
  return item.verdict === 'accepted'
    ? ['accepted', 'Accepted']
    : ['refused', refusalWords(item.reason).short];
}
