/** The screen on which operators spend their day: scan a code, or type it. */

import { el, freshId } from 'scrip-kit/parts/dom';
import { complaint, digitsOf, GROUP_DIGITS, grouped, readQr, readTyped } from '../coupon/code';
import type { Desk } from '../desk';
import { MAX_KEPT_SCANS } from '../outbox/scan';
import type { Screen } from '../ui/frame';
import { CameraPanel } from './camera-panel';
import { type OrderFields, orderFields } from './order-fields';

const FULL = `${MAX_KEPT_SCANS} scans are kept on this device, and no more fit. Look through them under “Kept” first.`;

/** `lastCode` is what was scanned last: it may still be held before the camera. */
export function verifyScreen(desk: Desk, lastCode: string | null, isTyping: boolean): Screen {
  const order = orderFields(desk.store.currency, false);
  const details = el(
    'details',
    { class: 'order' },
    el('summary', {}, 'Add the order’s total'),
    order.total,
    order.reference,
  );
  const field = codeField();
  const submit = el('button', { type: 'submit', class: 'button' }, 'Verify');
  field.input.addEventListener('input', () => submit.classList.toggle('primary', field.input.value !== ''));
  const form = el('form', { class: 'typed', novalidate: true }, field.element, submit, details);
  const present = (code: string): string | null => presented(desk, code, order, details);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const reading = readTyped(field.input.value);
    field.complain(reading.kind === 'code' ? present(reading.digits) : complaint(reading));
  });
  const panel = new CameraPanel({ onPayload: (payload) => scanned(payload, present) }, lastCode);
  void Promise.resolve().then(() => panel.resume());
  return {
    title: 'Verify a coupon',
    parts: [el('h1', { class: 'unseen' }, 'Verify a coupon'), panel.element, form],
    focus: isTyping ? field.input : undefined,
    onLeave: () => panel.close(),
  };
}

function scanned(payload: string, present: (code: string) => string | null): string | null {
  const reading = readQr(payload);
  if (reading.kind === 'code') return present(reading.digits);
  return reading.kind === 'misread'
    ? 'The code could not be read well. Hold it still, closer to the camera.'
    : 'This QR code is no Scrip coupon. Ask for the coupon’s own code.';
}

/** Returns what to say if the code was not taken. */
function presented(desk: Desk, code: string, order: OrderFields, details: HTMLDetailsElement): string | null {
  const reading = order.read();
  if (reading.kind === 'wrong') {
    details.open = true;
    order.focus();
    return 'Correct the order’s total below, or empty it.';
  }
  const submission = desk.present(code, reading.kind === 'order' ? reading.order : undefined);
  return submission.kind === 'full' ? FULL : null;
}

function codeField() {
  const [id, hintId, errorId] = [freshId('code'), freshId('code-hint'), freshId('code-error')];
  const error = el('p', { class: 'field-error', id: errorId, role: 'alert' });
  const input = el('input', {
    id,
    class: 'code',
    type: 'text',
    inputmode: 'numeric',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    enterkeyhint: 'go',
    placeholder: '000000 000000 000000',
    'aria-describedby': `${hintId} ${errorId}`,
  });
  const complain = (detail: string | null) => {
    error.textContent = detail ?? '';
    input.setAttribute('aria-invalid', String(detail !== null));
    if (detail !== null && !input.matches(':focus')) input.focus();
  };
  input.addEventListener('input', () => {
    regroup(input);
    const reading = readTyped(input.value);
    const isWhole = reading.kind === 'misread' || reading.kind === 'too-long';
    error.textContent = isWhole ? complaint(reading) : '';
    input.setAttribute('aria-invalid', String(isWhole));
  });
  const element = el(
    'div',
    { class: 'field' },
    el('label', { for: id }, 'Or type the code'),
    input,
    el('p', { class: 'unseen', id: hintId }, '18 digits. They are grouped as you type.'),
    error,
  );
  return { element, input, complain };
}

/** Groups the digits, and leaves the cursor after the digit it stood after. */
function regroup(input: HTMLInputElement): void {
  const before = digitsOf(input.value.slice(0, input.selectionStart ?? input.value.length)).length;
  const text = grouped(digitsOf(input.value));
  if (text === input.value) return;
  input.value = text;
  const place = before + Math.max(0, Math.ceil(before / GROUP_DIGITS) - 1);
  input.setSelectionRange(place, place);
}
