/**
 * A client of the API. Paths, parameters, bodies and answers are typed by the API's description; a refusal is a
 * `ProblemError`, and no answer an `UnreachableError`.
 */

import createFetchClient, { type Client, type FetchResponse, type MaybeOptionalInit } from 'openapi-fetch';
import type { components, paths } from './generated/schema';
import { itemsOf } from './pages';
import { problemOf } from './problems';
import { type Retries, type Send, sendingAgain, USUAL_RETRIES } from './send';

export { itemsOf, type Page } from './pages';
export * from './problems';
export { KEY_HEADER, type Retries, type Send, USUAL_RETRIES } from './send';

/** The things of the API by name, such as `Schema<'Bill'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

/** What a client needs to know. */
export type Options = {
  /** Where the API is, such as `https://…/v1`. */
  baseUrl: string;
  /** A token for a request. A device signs the body's hash, so it is told the body. */
  token?: (request: { method: string; url: string; body: string }) => string | Promise<string>;
  /** Sends one request; `fetch`, unless the page or a test has another way. */
  send?: Send;
  retries?: Partial<Retries>;
};

/** A write needs no key by hand: without one, the client gives it one. */
type Keyless<Operation> = Operation extends { parameters: { header: infer Headers } }
  ? { parameters: Omit<Operation['parameters'], 'header'> & { header?: Partial<Headers> } } & Omit<
      Operation,
      'parameters'
    >
  : Operation;
type Paths = { [P in keyof paths]: { [Method in keyof paths[P]]: Keyless<paths[P][Method]> } };

type GetPath = { [P in keyof paths]: paths[P] extends { get: object } ? P : never }[keyof paths];
type AnswerOf<P extends GetPath> = paths[P] extends {
  get: { responses: { 200: { content: { 'application/json': infer A } } } };
}
  ? A
  : never;

/** A path whose answer is a page of a list. */
export type ListPath = {
  [P in GetPath]: [AnswerOf<P>] extends [never]
    ? never
    : AnswerOf<P> extends { items: unknown[] }
      ? P
      : never;
}[GetPath];

/** What a list has. */
export type ItemOf<P extends ListPath> = AnswerOf<P> extends { items: (infer Item)[] } ? Item : never;

/** The paths of the API, by method, and its lists. */
export type Scrip = Client<Paths> & {
  /** All items of a list, page after page: `for await (const entry of scrip.items('/accounts/{account}/entries', …))`. */
  items<P extends ListPath>(path: P, init: MaybeOptionalInit<Paths[P], 'get'>): AsyncGenerator<ItemOf<P>>;
};

export function createClient(options: Options): Scrip {
  const send = options.send ?? ((request) => fetch(request));
  const client = createFetchClient<Paths>({
    baseUrl: options.baseUrl,
    fetch: sendingAgain(signed(send, options.token), { ...USUAL_RETRIES, ...options.retries }),
  });
  const get = client.GET as unknown as (
    path: string,
    init: object,
  ) => Promise<FetchResponse<never, never, never>>;
  const items = (path: string, init: { params?: { query?: { after?: string } } }) =>
    itemsOf(async (after) => {
      const query = { ...init.params?.query, after };
      return answer(get(path, { ...init, params: { ...init.params, query } }));
    }, init.params?.query?.after);
  return Object.assign(client, { items }) as unknown as Scrip;
}

/** What a call has answered; throws what it refused. */
export async function answer<Answered>(
  call: Promise<{ data?: Answered; error?: unknown; response: Response }>,
): Promise<Answered> {
  const { data, error, response } = await call;
  if (response.ok) return data as Answered;
  throw await problemOf(new Response(JSON.stringify(error), response));
}

function signed(send: Send, token: Options['token']): Send {
  if (!token) return send;
  return async (request) => {
    const { method, url } = request;
    const body = await request.clone().text();
    request.headers.set('Authorization', `Bearer ${await token({ method, url, body })}`);
    return send(request);
  };
}
