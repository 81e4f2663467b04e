import { expect, test } from 'vitest';
import { describeRule, type Rule } from '../src/coupon/benefit';

const cny = (amount: number) => ({ amount, currency: 'CNY' });
const said = (rule: Rule) => describeRule(rule, 'en-US');

test.each<[string, Rule]>([
  ['10% off', { effect: { percentage: '10' } }],
  ['10% off, at most ¥5.00', { effect: { percentage: '10' }, cap: cny(500) }],
  ['¥5.00 off', { effect: { amount: cny(500) } }],
  ['¥9.90 for all', { effect: { fixed_price: cny(990) } }],
  ['1 free for every 2 bought', { effect: { free_units: { buy: 2, get: 1 } } }],
  [
    '¥5.00 off each piece on tea',
    { effect: { amount: cny(500) }, target: { lines: { categories: ['tea'] } } },
  ],
  [
    '¥9.90 for all on tea, cake, a, b and 2 more',
    {
      effect: { fixed_price: cny(990) },
      target: { lines: { categories: ['tea', 'cake'], skus: ['a', 'b', 'c', 'd'] }, spread: 'across' },
    },
  ],
  [
    '5% off; 10% off from ¥50.00; 12.5% off from ¥100.00',
    {
      effect: { percentage: '5' },
      tiers: [
        { from: cny(5000), effect: { percentage: '10' } },
        { from: cny(10_000), effect: { percentage: '12.5' } },
      ],
    },
  ],
  [
    '¥5.00 off, on ¥20.00 or more, on 3 pieces or more, for members (gold, silver), on the customer’s 22nd order only',
    {
      effect: { amount: cny(500) },
      conditions: {
        threshold: cny(2000),
        minimum_quantity: 3,
        member_levels: ['gold', 'silver'],
        nth_order: 22,
      },
    },
  ],
  ['50% off, at least ¥1.00 stays to be paid', { effect: { percentage: '50' }, minimum_payable: cny(100) }],
])('%s', (words, rule) => {
  expect(said(rule)).toBe(words);
});
