/** The fields for an order's total and reference, and what is wrong with what stands in them. */

import { decimalString, decimalsOf, parseAmount } from 'scrip-kit/money';
import { el, freshId } from 'scrip-kit/parts/dom';
import type { Order } from '../outbox/scan';
import { totalWords } from '../words';

/** The longest reference that the server takes. */
const MAX_REFERENCE_CHARACTERS = 64;
const EXAMPLE_MINOR_UNITS = 0;

/** What stands in the fields: an order, none, or something wrong, which is told beside its field. */
export type OrderReading = { kind: 'order'; order: Order } | { kind: 'none' } | { kind: 'wrong' };

/** The fields with their reading. */
export type OrderFields = { total: HTMLElement; reference: HTMLElement; read(): OrderReading; focus(): void };

export function orderFields(currency: string, isRequired: boolean, initial?: Order): OrderFields {
  const [totalId, referenceId, errorId] = [freshId('total'), freshId('reference'), freshId('total-error')];
  const error = el('p', { class: 'field-error', id: errorId, role: 'alert' });
  const total = el('input', {
    id: totalId,
    type: 'text',
    inputmode: decimalsOf(currency) === 0 ? 'numeric' : 'decimal',
    autocomplete: 'off',
    placeholder: decimalString(EXAMPLE_MINOR_UNITS, currency),
    'aria-describedby': errorId,
    'aria-required': isRequired ? 'true' : undefined,
    value: initial ? decimalString(initial.total.amount, initial.total.currency) : undefined,
  });
  const reference = el('input', {
    id: referenceId,
    type: 'text',
    autocomplete: 'off',
    maxlength: MAX_REFERENCE_CHARACTERS,
    value: initial?.reference,
  });
  const complain = (detail: string) => {
    error.textContent = detail;
    total.setAttribute('aria-invalid', String(detail !== ''));
    if (detail !== '') total.focus();
  };
  const read = (): OrderReading => {
    complain('');
    const named = reference.value.trim();
    if (!isRequired && total.value.trim() === '' && named === '') return { kind: 'none' };
    const amount = parseAmount(total.value, currency);
    if (amount.kind === 'wrong') {
      complain(totalWords(amount.reason, currency));
      return { kind: 'wrong' };
    }
    const order = { total: { amount: amount.amount, currency } };
    return { kind: 'order', order: named === '' ? order : { reference: named, ...order } };
  };
  return {
    total: el(
      'div',
      { class: 'field' },
      el('label', { for: totalId }, `Total before the coupon (${currency})`),
      total,
      error,
    ),
    reference: el(
      'div',
      { class: 'field' },
      el('label', { for: referenceId }, 'Reference (optional)'),
      reference,
    ),
    read,
    focus: () => total.focus(),
  };
}
