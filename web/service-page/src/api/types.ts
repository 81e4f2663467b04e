/** What the server answers, as far as the page reads it. */

import type { Money } from 'scrip-kit/money';
import type { Rule } from '../coupon/benefit';

/** The stores of one merchant in which the user is an operator. */
export type Membership = { merchant: string; name: string; currency: string; stores: string[] };

/** One page of a list. */
export type Page<T> = { items: T[]; next: string | null };

/** The order that a coupon is used on. */
export type OrderView = { reference?: string; total?: Money };

/** A coupon, as far as who verifies it needs to know it. */
export type VerifiedCoupon = { id: string; campaign: string; name: string; status: string };

/** How a coupon had been used before. */
export type EarlierUse = {
  at: string;
  store?: string;
  operator?: string;
  verification?: string;
  confirmation?: string;
};

/** What became of a code. */
export type Verdict = {
  id: string;
  verdict: 'accepted' | 'refused';
  reason?: string;
  coupon?: VerifiedCoupon;
  benefit?: { rule: Rule; deduction?: Money };
  redeemed?: EarlierUse;
  order?: OrderView;
  merchant: string;
  store?: string;
  operator?: string;
  at: string;
};

/** A verification as it stands in the list. */
export type Verification = {
  id: string;
  verdict: 'accepted' | 'refused';
  status: 'accepted' | 'redeemed' | 'rewarded' | 'refused' | 'reversed';
  reason?: string;
  coupon?: VerifiedCoupon;
  deduction?: Money;
  order?: OrderView;
  store?: string;
  operator?: string;
  at: string;
  reversed_at?: string;
};

/** A verification that was taken back. */
export type Reversal = { id: string; status: string; reversed_at: string };
