/** What a page is told of the deployment that serves it. */

import { ANSWER_PATIENCE_MILLISECONDS } from './calls';

/** How a deployment lets people sign in. */
export type SignInConfig = {
  client_id: string;
  authorization_url: string;
  token_url: string;
  scope: string;
};

/** What lies beside the page as `config.json`. */
export type PageConfig = { environment: string; sign_in: SignInConfig | null };

export async function loadConfig(): Promise<PageConfig> {
  const response = await fetch(new URL('config.json', location.href), {
    credentials: 'omit',
    signal: AbortSignal.timeout(ANSWER_PATIENCE_MILLISECONDS),
  });
  if (!response.ok) throw new Error(`config.json: ${response.status}`);
  return (await response.json()) as PageConfig;
}
