import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempFolder } from '../helpers/folder.js';
import { ended, gex, startGex } from '../helpers/gex.js';
import { KEY, keyVariables, tradestationHost } from '../helpers/tradestation.js';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The first text on stdout that matches. */
function printed(child: ChildProcessWithoutNullStreams, pattern: RegExp): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const found = pattern.exec(text);
      if (found) resolve(found[0]);
    });
    child.stdout.once('end', () => reject(new Error(`stdout ended: ${text}`)));
  });
}

async function setUp() {
  const host = await tradestationHost();
  const folder = tempFolder();
  const port = await freePort();
  const env = { ...keyVariables(host), TRADESTATION_REDIRECT_URL: `http://localhost:${port}/back`, DATA_DIR: 'data' };
  const tokenFile = (): string => {
    const [name = ''] = readdirSync(join(folder, 'data')).filter((file) => /^\.tradestation-\w+\.json$/.test(file));
    return join(folder, 'data', name);
  };
  const login = (...args: string[]) => {
    const child = startGex(['auth', 'login', '-v', '--no-browser', ...args], { folder, env });
    const page = printed(child, /http:\S+\/authorize\?\S+\n/).then((text) => text.trim());
    return { child, page: () => page, result: ended(child) };
  };
  return { host, folder, env, tokenFile, login };
}

/** What the sign-in page redirects to. */
async function consent(page: string): Promise<string> {
  const { headers } = await fetch(page, { redirect: 'manual' });
  return headers.get('location') ?? '';
}

describe('gex auth login', () => {
  it('signs in with PKCE by way of the loopback callback; the tokens are in a file of mode 0600', async () => {
    const { host, folder, env, tokenFile, login } = await setUp();
    const { child, page, result } = login();
    const query = new URL(await page()).searchParams;
    expect(Object.fromEntries(query)).toMatchObject({
      ...{ response_type: 'code', client_id: KEY.id, audience: 'https://api.tradestation.com' },
      ...{ scope: 'openid offline_access MarketData OptionSpreads', code_challenge_method: 'S256' },
      redirect_uri: env.TRADESTATION_REDIRECT_URL,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    });
    const back = await fetch(await consent(`${host.url}/authorize?${query}`));
    expect([back.status, await back.text()]).toEqual([200, expect.stringContaining('Signed in.')]);
    const { code, stderr } = await result;
    expect([code, child.exitCode]).toEqual([0, 0]);
    const form = host.tokenRequests()[0]?.form;
    expect(form?.get('code_verifier')).toMatch(/^[\w-]{43,128}$/);
    expect(statSync(tokenFile()).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(tokenFile(), 'utf8'))).toMatchObject({ origin: 'login' });

    const status = await gex(['auth', 'status', '--json', '-v'], { folder, env });
    expect(JSON.parse(status.stdout)).toMatchObject({
      ...{ schema: 'gex-auth/1', action: 'status', signedIn: true, key: 'key-...6789', source: 'login' },
      ...{ signInUrl: host.url, tokenFile: expect.stringContaining('.tradestation-'), refresh: 'not tried' },
      ...{ rotating: null, note: null, error: null, accessTokenExpires: expect.stringMatching(/Z$/) },
    });
    for (const secret of host.secrets) expect(stderr + status.stdout + status.stderr).not.toContain(secret);
  });

  it('--paste takes the address the browser ended at from stdin', async () => {
    const { host, login } = await setUp();
    const { child, page, result } = login('--paste');
    child.stdin.end(`${await consent(await page())}\n`);
    const { code, stderr } = await result;
    expect([code, host.tokenRequests().length]).toEqual([0, 1]);
    for (const secret of host.secrets) expect(stderr).not.toContain(secret);
  });

  it('--paste with the code alone signs in too, with an address without code it says what to paste', async () => {
    const one = await setUp();
    const { child, page, result } = one.login('--paste');
    child.stdin.end(new URL(await consent(await page())).searchParams.get('code'));
    expect((await result).code).toBe(0);
    const { code, stderr } = await gex(['auth', 'login', '--paste'], { ...one, input: 'http://localhost:31022/\n' });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^gex: that is no address with a code; paste the whole address the browser ended at$/m);
  });

  it.each([
    [
      'a refusal',
      'error=access_denied&error_description=The+user+refused',
      /did not sign in \(access_denied: The user refused\)/,
    ],
    ['another attempt', 'code=code-that-is-stolen&state=other', /belongs to another sign-in \(its state differs\)/],
    ['no code', 'state=STATE', /the answer has no code/],
  ])('%s ends it with exit 3, without asking for tokens', async (_, query, sentence) => {
    const { host, env, login } = await setUp();
    const { page, result } = login();
    const state = new URL(await page()).searchParams.get('state') ?? '';
    expect((await fetch(env.TRADESTATION_REDIRECT_URL.replace('/back', '/favicon.ico?x=1'))).status).toBe(404);
    const back = await fetch(`${env.TRADESTATION_REDIRECT_URL}?${query.replace('STATE', state)}`);
    expect([back.status, await back.text()]).toEqual([400, expect.stringMatching(sentence)]);
    const { code, stderr } = await result;
    expect([code, host.tokenRequests().length]).toEqual([3, 0]);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toContain('code-that-is-stolen');
  });

  it('a callback port that is taken is one sentence', async () => {
    const { folder, env } = await setUp();
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, stderr } = await gex(['auth', 'login', '--redirect-url', url], { folder, env });
    server.close();
    expect(code).toBe(2);
    expect(stderr).toMatch(/cannot be listened on \(EADDRINUSE\); stop what uses the port, or use another address\n$/);
  });

  it.each([[], ['--paste']])('Ctrl-C ends it within a second: %j', async (...args) => {
    const { login } = await setUp();
    const { child, page, result } = login(...args);
    await page();
    const atMs = performance.now();
    child.kill('SIGINT');
    expect((await result).code).toBe(130);
    expect(performance.now() - atMs).toBeLessThan(1000);
  });
});

describe('gex auth status', () => {
  it('without key, or without tokens, is exit 3 and says what to do', async () => {
    const { folder, env } = await setUp();
    const none = await gex(['auth', 'status'], { folder });
    expect([none.code, none.stderr]).toEqual([3, expect.stringContaining('set TRADESTATION_CLIENT_ID')]);
    const unsigned = await gex(['auth', 'status', '--json'], { folder, env });
    expect(unsigned.code).toBe(3);
    expect(unsigned.stderr).toMatch(/is not signed in: run gex auth login, or set TRADESTATION_REFRESH_TOKEN/);
    expect(JSON.parse(unsigned.stdout)).toMatchObject({ signedIn: false, source: null, refresh: 'not tried' });
  });

  it('renews only when asked or when the access token has expired', async () => {
    const { host, folder, env } = await setUp();
    const all = { ...env, TRADESTATION_REFRESH_TOKEN: KEY.refreshToken };
    const status = async (...args: string[]) =>
      JSON.parse((await gex(['auth', 'status', '--json', ...args], { folder, env: all })).stdout);
    expect(await status()).toMatchObject({ signedIn: true, source: 'configured', refresh: 'works', rotating: false });
    expect(await status()).toMatchObject({ refresh: 'not tried', rotating: false });
    expect(host.tokenRequests().length).toBe(1);
    expect(await status('--refresh')).toMatchObject({ refresh: 'works' });
    expect(host.tokenRequests().length).toBe(2);
  });

  it('a revoked refresh token is exit 3, and the host is asked once', async () => {
    const { host, folder, env } = await setUp();
    host.revoke();
    const all = { ...env, TRADESTATION_REFRESH_TOKEN: KEY.refreshToken };
    const { code, stdout, stderr } = await gex(['auth', 'status', '-v'], { folder, env: all });
    expect([code, host.tokenRequests().length]).toEqual([3, 1]);
    expect(stdout).toMatch(/^signed in\tno$/m);
    expect(stderr).toMatch(
      /refuses the sign-in \(403 invalid_grant\): the refresh token is revoked.*run gex auth login\n$/,
    );
    for (const secret of host.secrets) expect(stdout + stderr).not.toContain(secret);
  });

  it('a login counts in place of the refresh token configured then; one configured later counts again', async () => {
    const { host, folder, env, login } = await setUp();
    Object.assign(env, { TRADESTATION_REFRESH_TOKEN: 'rt-old-and-revoked' });
    const { page, result } = login();
    await fetch(await consent(await page()));
    expect((await result).code).toBe(0);
    const status = async (token: string) => {
      const { code, stdout } = await gex(['auth', 'status', '--json'], {
        folder,
        env: { ...env, TRADESTATION_REFRESH_TOKEN: token },
      });
      return { code, ...JSON.parse(stdout) };
    };
    expect(await status('rt-old-and-revoked')).toMatchObject({
      ...{
        code: 0,
        source: 'login',
        note: 'the login is used, not TRADESTATION_REFRESH_TOKEN, which was there before it',
      },
    });
    expect(host.tokenRequests().length).toBe(1);
    expect(await status('rt-new')).toMatchObject({
      ...{ code: 3, source: 'configured', refresh: 'fails' },
      note: 'TRADESTATION_REFRESH_TOKEN is used, not the token file, which is of an earlier login and will be replaced',
    });
  });
});
