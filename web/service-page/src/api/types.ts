/** What the server answers, as its description has it. */

import type { Schema } from 'scrip-client';

/** What is described as possibly null is left out by the server where there is none. */
type Told<T> = T extends object ? { [Member in keyof T]: Told<Exclude<T[Member], null>> } : T;

/** The stores of one merchant in which the user is an operator. */
export type Membership = Told<Schema<'Membership'>>;

/** One page of a list. */
export type Page<T> = { items: T[]; next: string | null };

/** How a coupon had been used before. */
export type EarlierUse = Told<Schema<'EarlierUse'>>;

/** What became of a code. */
export type Verdict = Told<Schema<'CouponVerdict'>>;

/** A verification as it stands in the list. */
export type Verification = Told<Schema<'Verification'>>;

/** A verification that was taken back. */
export type Reversal = Told<Schema<'VerificationReversal'>>;
