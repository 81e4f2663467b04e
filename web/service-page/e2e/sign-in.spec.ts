import {
  codeField,
  expect,
  SCANNING,
  signIn,
  signInAt,
  stored,
  test,
  typeCode,
  VERIFICATIONS,
  verdict,
} from './page';
import { World } from './world';

test('an operator signs in, and nothing of it stays in the address or on the device', async ({
  page,
  world,
}) => {
  await signIn(page, world.operator);
  await expect(codeField(page)).toBeVisible();
  expect(new URL(page.url()).search).toBe('');
  const { local, session } = await stored(page);
  expect(local).not.toContain('eyJ');
  expect(session).toContain('eyJ');
  await page.reload();
  await expect(page.getByRole('button', { name: SCANNING })).toBeVisible();
});

test('a user without a store is told whom to ask, and for what', async ({ page, world }) => {
  await signIn(page, world.customer);
  await expect(page.getByRole('heading', { name: 'You have no store yet' })).toBeVisible();
  await expect(page.getByText(world.customer)).toBeVisible();
  await world.employ(world.customer, ['s1']);
  await page.getByRole('button', { name: 'Check again' }).click();
  await expect(codeField(page)).toBeVisible();
});

test('an operator of several stores chooses one, which is remembered', async ({ page }) => {
  const world = await World.create(['Harbour', 'Station']);
  await signIn(page, world.operator);
  await page.getByRole('button', { name: 'Station' }).click();
  await expect(codeField(page)).toBeVisible();
  await page.reload();
  const store = page.getByRole('button', { name: 'Store Station, change it' });
  await store.click();
  await page.getByRole('button', { name: 'Harbour' }).click();
  await typeCode(page, await world.digits({ stores: ['Harbour'] }));
  await expect(verdict(page)).toHaveText('Accepted');
});

test('signing out leaves nothing to the next user', async ({ page, world }) => {
  await signIn(page, world.operator);
  await expect(codeField(page)).toBeVisible();
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  expect((await stored(page)).session).not.toContain('eyJ');
});

test('a return that this tab did not ask for is refused', async ({ page, world }) => {
  await page.goto('index.html?code=somebody-elses&state=forged');
  await expect(page.getByRole('alert')).toContainText('The sign-in was begun in another tab');
  expect(new URL(page.url()).search).toBe('');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.goto('index.html?code=somebody-elses&state=forged');
  await expect(page.getByRole('alert')).toContainText('The sign-in could not be checked');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await signInAt(page, world.operator);
  await expect(codeField(page)).toBeVisible();
});

test('a sign-in that is given up can be begun again', async ({ page }) => {
  await page.goto('index.html');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByLabel('User')).toBeVisible();
  const state = new URL(page.url()).searchParams.get('state');
  await page.goto(`index.html?error=access_denied&state=${state}`);
  await expect(page.getByRole('alert')).toHaveText('The sign-in was not completed. Sign in again.');
});

test('the sign-in page is asked by the code flow with a challenge, its own parameters kept', async ({
  page,
}) => {
  const signInConfig = {
    client_id: 'shop',
    authorization_url: '/local/sign-in?audience=scrip',
    token_url: '/local/sign-in/token',
    scope: 'openid shop',
  };
  await page.route('**/config.json', (route) =>
    route.fulfill({ json: { environment: 'dev', sign_in: signInConfig } }),
  );
  await page.route('**/local/sign-in?*', (route) => route.fulfill({ body: 'sign in here' }));
  await page.goto('index.html');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('sign in here')).toBeVisible();
  const asked = Object.fromEntries(new URL(page.url()).searchParams);
  expect(asked).toEqual({
    audience: 'scrip',
    response_type: 'code',
    client_id: 'shop',
    scope: 'openid shop',
    code_challenge_method: 'S256',
    redirect_uri: expect.stringMatching(/\/v1\/service-page\/index\.html$/),
    state: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
  });
});

test('a deployment without a sign-in says what to set', async ({ page }) => {
  await page.route('**/config.json', (route) =>
    route.fulfill({ json: { environment: 'dev', sign_in: null } }),
  );
  await page.goto('index.html');
  await expect(page.getByRole('heading', { name: 'Sign-in is not set up' })).toBeVisible();
  for (const name of ['SignInClientId', 'SignInAuthorizationUrl', 'SignInTokenUrl']) {
    await expect(page.getByText(name)).toBeVisible();
  }
});

test('a sign-in that ends in the middle of a scan loses nothing', async ({ page, world }) => {
  await signIn(page, world.operator);
  await expect(codeField(page)).toBeVisible();
  const ended = { status: 401, json: { code: 'unauthenticated', title: 'Unauthenticated' } };
  await page.route(VERIFICATIONS, (route) => route.fulfill(ended));
  await page.route('**/local/sign-in/token', (route) =>
    route.request().postData()?.includes('refresh_token')
      ? route.fulfill({ status: 400, json: { error: 'invalid_grant' } })
      : route.continue(),
  );
  await typeCode(page, await world.digits());
  await expect(verdict(page)).toHaveText('Not verified yet');
  await expect(page.locator('.verdict')).toContainText('Your sign-in has ended');
  await page.unroute(VERIFICATIONS);
  await page.locator('.verdict').getByRole('button', { name: 'Sign in again' }).click();
  await signInAt(page, world.operator);
  await expect(verdict(page)).toHaveText('Accepted');
  expect(await world.verifications()).toHaveLength(1);
});
