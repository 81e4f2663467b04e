/** The world of a test, made over HTTP as anybody would make it. */

import { randomUUID } from 'node:crypto';

const ROOT = `http://127.0.0.1:${process.env.SCRIP_E2E_PORT}`;
const API = `${ROOT}/v1`;

type Json = Record<string, unknown>;
export type Cny = { amount: number; currency: string };

/** An amount in the merchant's currency. */
export const cny = (amount: number): Cny => ({ amount, currency: 'CNY' });

/** Coupons' terms that differ from a plain 5.00 off. */
export type Terms = {
  name?: string;
  benefit?: Json;
  stores?: string[];
  order_minimum?: Cny;
  shareable?: boolean;
  reward?: Json;
  valid_from?: string;
};

/** A shop with an operator and a customer, whom no other test knows. */
export class World {
  private constructor(
    readonly owner: string,
    readonly operator: string,
    readonly customer: string,
    readonly merchant: string,
  ) {}

  static async create(stores: string[] = ['s1'], name = 'Tea House'): Promise<World> {
    const tag = randomUUID().slice(0, 8);
    const [owner, operator] = [`bob-${tag}`, `olga-${tag}`];
    const { id } = await call<{ id: string }>(owner, 'POST', 'merchants', { name, currency: 'CNY' });
    const world = new World(owner, operator, `alice-${tag}`, id);
    if (stores.length > 0) await world.employ(operator, stores);
    return world;
  }

  async employ(user: string, stores: string[]): Promise<void> {
    await call(this.owner, 'POST', `merchants/${this.merchant}/operators`, { user, stores });
  }

  async campaign(terms: Terms = {}): Promise<string> {
    const { id } = await call<{ id: string }>(this.owner, 'POST', `merchants/${this.merchant}/campaigns`, {
      name: '5 off your tea',
      benefit: { effect: { amount: cny(500) } },
      quantity: 100,
      per_user: 20,
      valid_from: '2026-01-01T00:00:00Z',
      valid_until: '2035-01-01T00:00:00Z',
      shareable: false,
      ...terms,
    });
    return id;
  }

  /** A coupon of a new campaign, in the customer's hands. */
  async coupon(terms: Terms = {}): Promise<string> {
    return this.take(await this.campaign(terms));
  }

  async take(campaign: string): Promise<string> {
    return (await call<{ id: string }>(this.customer, 'POST', `campaigns/${campaign}/coupons`)).id;
  }

  /** What the customer shows now. */
  async code(coupon: string): Promise<{ code: string; qr: string }> {
    return call(this.customer, 'GET', `coupons/${coupon}/code`);
  }

  /** The digits for a coupon of a new campaign. */
  async digits(terms: Terms = {}): Promise<string> {
    return (await this.code(await this.coupon(terms))).code;
  }

  /** Another user reserves the customer's coupon from their pool; the digits that come with it. */
  async reserved(coupon: string, friend: string): Promise<string> {
    await call(this.customer, 'POST', `pools/${this.customer}/coupons`, { coupon });
    await call(this.customer, 'PUT', `contacts/${friend}`);
    await call(friend, 'PUT', `contacts/${this.customer}`);
    const path = `pools/${this.customer}/coupons/${coupon}/reservations`;
    return (await call<{ code: string }>(friend, 'POST', path)).code;
  }

  /** The customer's coupons of a campaign. */
  async couponsOf(campaign: string): Promise<string[]> {
    const { items } = await call<{ items: { id: string; campaign: string }[] }>(
      this.customer,
      'GET',
      'coupons',
    );
    return items.filter((coupon) => coupon.campaign === campaign).map(({ id }) => id);
  }

  /** What became of codes in the shop, as the owner sees it. */
  async verifications(): Promise<{ verdict: string; status: string; store: string }[]> {
    type List = { items: { verdict: string; status: string; store: string }[] };
    return (await call<List>(this.owner, 'GET', `merchants/${this.merchant}/verifications`)).items;
  }

  async verify(code: string): Promise<void> {
    await this.verifyAs(this.operator, code);
  }

  async verifyAs(operator: string, code: string): Promise<void> {
    await call(operator, 'POST', 'verifications', { code, store: 's1', merchant: this.merchant });
  }
}

/** A token of the local issuer. */
export async function tokenOf(user: string): Promise<string> {
  const response = await fetch(`${ROOT}/local/tokens`, { method: 'POST', body: JSON.stringify({ user }) });
  return ((await response.json()) as { token: string }).token;
}

async function call<T>(user: string, method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${API}/${path}`, {
    method,
    headers: { Authorization: `Bearer ${await tokenOf(user)}`, 'Idempotency-Key': randomUUID() },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
