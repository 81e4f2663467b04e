/** Scans that wait for the network, and the verdicts of those that were sent later. */

import { formatMoney } from 'scrip-kit/money';
import type { Hold } from 'scrip-kit/outbox/entry';
import { ask } from 'scrip-kit/parts/dialog';
import { type Child, el, fill } from 'scrip-kit/parts/dom';
import { describeRule } from '../coupon/benefit';
import { grouped } from '../coupon/code';
import type { Desk } from '../desk';
import { MAX_SCAN_AGE_MINUTES, type Scan } from '../outbox/scan';
import type { Screen } from '../ui/frame';
import { icon } from '../ui/icons';
import { spokenTime } from '../ui/times';
import { type Look, lookOf } from './verdict-words';

export function keptScreen(desk: Desk): Screen {
  const body = el('div', { class: 'stack' });
  const show = () => {
    const hadFocus = body.contains(document.activeElement);
    fill(body, ...content(desk));
    // A button that is gone takes the focus with it; the heading is where the rest begins.
    if (hadFocus) document.querySelector('h1')?.focus();
  };
  show();
  const unsubscribe = desk.outbox.subscribe(show);
  return { title: 'Kept scans', parts: [el('h1', {}, 'Kept scans'), body], onLeave: unsubscribe };
}

function content(desk: Desk): Child[] {
  const scans = desk.outbox.all();
  if (scans.length === 0) {
    return [
      el(
        'div',
        { class: 'empty' },
        icon('accepted'),
        el('p', { class: 'lead' }, 'Nothing is kept.'),
        el('p', {}, 'When there is no network, scans are kept here and sent as soon as there is one.'),
      ),
    ];
  }
  const waiting = scans.filter((scan) => scan.standing.kind === 'waiting');
  const told = scans.filter((scan) => scan.standing.kind !== 'waiting');
  return [
    told.length > 0 && el('h2', {}, 'Have their verdict'),
    told.length > 0 && el('ul', { class: 'rows' }, ...told.map((scan) => keptRow(scan, desk))),
    waiting.length > 0 && el('h2', {}, 'Not verified yet'),
    waiting.length > 0 && el('ul', { class: 'rows' }, ...waiting.map((scan) => keptRow(scan, desk))),
    waiting.length > 0 && sendButton(desk),
    waiting.length > 0 &&
      el(
        'p',
        { class: 'quiet-text' },
        `A code counts for ${MAX_SCAN_AGE_MINUTES} minutes after it was scanned.`,
      ),
  ];
}

function keptRow(scan: Scan, desk: Desk): HTMLElement {
  const { standing } = scan;
  const isWaiting = standing.kind === 'waiting';
  const look = lookOf(scan, desk.user);
  return el(
    'li',
    { class: 'row tall' },
    el('span', { class: `mark ${look.tone}` }, icon(look.icon)),
    el(
      'div',
      { class: 'row-text' },
      ...(isWaiting ? waitingText(scan, HOLDS[standing.hold]) : toldText(scan, look)),
      el('p', { class: 'quiet-text' }, `Scanned ${spokenTime(scan.scannedAt)} in ${scan.store}`),
    ),
    isWaiting ? discardButton(scan, desk) : doneButton(scan, desk),
  );
}

const HOLDS: Record<Hold, string> = {
  sending: 'Being sent',
  offline: 'Waits for the network',
  unreachable: 'No answer yet. Sent again by itself',
  busy: 'Waits for the service, which is busy',
  'sign-in': 'Waits for your sign-in',
};

function waitingText(scan: Scan, hold: string): Child[] {
  return [
    el('p', { class: 'row-title' }, el('strong', {}, grouped(scan.code))),
    el('p', { class: 'row-name' }, hold),
  ];
}

function toldText(scan: Scan, look: Look): Child[] {
  const verdict = scan.standing.kind === 'answered' ? scan.standing.verdict : null;
  const { benefit, coupon } = verdict ?? {};
  const worth = benefit?.deduction
    ? `Take off ${formatMoney(benefit.deduction)}`
    : benefit && describeRule(benefit.rule);
  const title = look.tone === 'refused' && look.short !== null ? `${look.title}: ${look.short}` : look.title;
  return [
    el('p', { class: 'row-title' }, el('strong', {}, title)),
    el('p', { class: 'row-name' }, coupon?.name ?? grouped(scan.code)),
    verdict?.verdict === 'accepted' && worth !== undefined && el('p', {}, worth),
    look.sentence !== null && el('p', { class: 'quiet-text' }, look.sentence),
  ];
}

function doneButton(scan: Scan, desk: Desk): HTMLElement {
  return el(
    'button',
    { type: 'button', class: 'button quiet', onclick: () => desk.outbox.discard(scan.key) },
    'Done',
  );
}

function discardButton(scan: Scan, desk: Desk): HTMLElement {
  const discard = async () => {
    const isSent = scan.sends > 0;
    const isSure = await ask({
      title: 'Discard this scan?',
      text: isSent
        ? 'It may have reached the service already: then the coupon is used, and today’s list shows it.'
        : 'It was not sent, so the coupon stays unused.',
      yes: 'Discard it',
      no: 'Keep it',
    });
    if (isSure) desk.outbox.discard(scan.key);
  };
  return el('button', { type: 'button', class: 'button quiet', onclick: () => void discard() }, 'Discard');
}

function sendButton(desk: Desk): HTMLElement {
  const send = () => {
    desk.announce('Sending what is kept.');
    void desk.outbox.resend(true);
  };
  return el('button', { type: 'button', class: 'button primary large', onclick: send }, 'Send now');
}
