/** Says in a sentence what a coupon takes off. */

import { formatMoney, type Money } from 'scrip-kit/money';

/** What is deducted. */
export type Effect =
  | { percentage: string }
  | { amount: Money }
  | { fixed_price: Money }
  | { free_units: { buy: number; get: number } };

/** A rule as the server writes it: only what differs from the defaults is there. */
export type Rule = {
  effect?: Effect;
  target?: 'order' | { lines: { skus?: string[]; categories?: string[] }; spread?: 'each' | 'across' };
  tiers?: { from: Money; effect: Effect }[];
  conditions?: {
    threshold?: Money;
    minimum_quantity?: number;
    member_levels?: string[];
    nth_order?: number;
  };
  cap?: Money;
  minimum_payable?: Money;
};

/** How many goods are named before the rest is only counted. */
const MAX_GOODS_NAMED = 4;

/** A rule in words, such as “10% off, at most ¥5.00”. */
export function describeRule(rule: Rule, locale?: string): string {
  const money = (amount: Money) => formatMoney(amount, locale);
  const parts = [effects(rule, money) + goods(rule)];
  if (rule.cap) parts.push(`at most ${money(rule.cap)}`);
  parts.push(...conditions(rule, money));
  if (rule.minimum_payable) parts.push(`at least ${money(rule.minimum_payable)} stays to be paid`);
  return parts.join(', ');
}

function effects(rule: Rule, money: (amount: Money) => string): string {
  const spread = typeof rule.target === 'object' ? (rule.target.spread ?? 'each') : 'across';
  const said = (effect: Effect) => describeEffect(effect, spread, money);
  const tiers = (rule.tiers ?? []).map((tier) => `${said(tier.effect)} from ${money(tier.from)}`);
  return [...(rule.effect ? [said(rule.effect)] : []), ...tiers].join('; ');
}

function describeEffect(effect: Effect, spread: 'each' | 'across', money: (amount: Money) => string): string {
  const isEach = spread === 'each';
  if ('percentage' in effect) return `${effect.percentage}% off`;
  if ('amount' in effect) return `${money(effect.amount)} off${isEach ? ' each piece' : ''}`;
  if ('fixed_price' in effect) return `${money(effect.fixed_price)} ${isEach ? 'for each piece' : 'for all'}`;
  return `${effect.free_units.get} free for every ${effect.free_units.buy} bought`;
}

function goods(rule: Rule): string {
  if (typeof rule.target !== 'object') return '';
  const named = [...(rule.target.lines.categories ?? []), ...(rule.target.lines.skus ?? [])];
  const more = named.length - MAX_GOODS_NAMED;
  const listed = named.slice(0, MAX_GOODS_NAMED).join(', ');
  return ` on ${listed}${more > 0 ? ` and ${more} more` : ''}`;
}

function conditions(rule: Rule, money: (amount: Money) => string): string[] {
  const { threshold, minimum_quantity, member_levels, nth_order } = rule.conditions ?? {};
  const said: string[] = [];
  if (threshold) said.push(`on ${money(threshold)} or more`);
  if (minimum_quantity !== undefined) said.push(`on ${minimum_quantity} pieces or more`);
  if (member_levels?.length) said.push(`for members (${member_levels.join(', ')})`);
  if (nth_order !== undefined) said.push(`on the customer’s ${ordinal(nth_order)} order only`);
  return said;
}

function ordinal(count: number): string {
  const suffixes: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'st', two: 'nd', few: 'rd' };
  return `${count}${suffixes[new Intl.PluralRules('en', { type: 'ordinal' }).select(count)] ?? 'th'}`;
}
