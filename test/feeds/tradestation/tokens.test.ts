import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createApi } from '../../../src/feeds/tradestation/api.js';
import { tokenPath } from '../../../src/feeds/tradestation/token-file.js';
import { createTokens, isFresh, saveLogin, type TokenOptions } from '../../../src/feeds/tradestation/tokens.js';
import type { Ctx } from '../../../src/io/ctx.js';
import { memoryGate } from '../../../src/io/gate.js';
import { Child } from '../../helpers/child.js';
import { tempFolder } from '../../helpers/folder.js';
import { json, KEY, type TradestationHost, tradestationHost } from '../../helpers/tradestation.js';

const NOON = Date.UTC(2025, 11, 17, 17);

/** A context with its own time, whose waits pass at once, and which keeps every log line. */
function fakeCtx() {
  const lines: string[] = [];
  const waits: number[] = [];
  const abort = new AbortController();
  let nowMs = NOON;
  const line = (message: string, fields?: unknown): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  const ctx: Ctx = {
    clock: {
      now: () => nowMs,
      sleep: async (ms, signal) => {
        signal?.throwIfAborted();
        waits.push(ms);
        await new Promise((resolve) => setImmediate(resolve));
      },
    },
    signal: abort.signal,
    log: { debug: line, info: line, warn: line, error: line },
    progress: { start: () => ({ advance() {}, done() {} }) },
  };
  const advance = (ms: number): void => {
    nowMs += ms;
  };
  return { ctx, lines, waits, abort, advance };
}

async function setUp() {
  const host = await tradestationHost();
  const folder = tempFolder();
  const options: TokenOptions = {
    ...{ clientId: KEY.id, clientSecret: KEY.secret, signInUrl: host.url, folder, refreshToken: KEY.refreshToken },
  };
  const saved = () => {
    const [name = ''] = readdirSync(folder).filter((file) => file.endsWith('.json'));
    return { path: join(folder, name), json: JSON.parse(readFileSync(join(folder, name), 'utf8')) };
  };
  return { host, folder, options, saved, ...fakeCtx() };
}

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** The first request is never answered; resolves when it has come. */
function hanging(host: TradestationHost): Promise<void> {
  return new Promise((resolve) => {
    host.behave((request) => {
      if (request.turn > 1) return false;
      resolve();
      return new Promise(() => {});
    });
  });
}

describe('an access token', () => {
  it.each([
    ['fixed', false],
    ['rotating', true],
  ])(
    'is renewed a minute before its end, with %s refresh tokens; another process goes on from the file',
    async (_, rotating) => {
      const { host, options, saved, ctx, advance } = await setUp();
      host.rotating = rotating;
      const tokens = createTokens(options);
      const first = await tokens.current(ctx);
      expect(statSync(saved().path).mode & 0o777).toBe(0o600);
      expect(saved().json.refreshToken === KEY.refreshToken).toBe(!rotating);
      advance(14 * 60_000);
      expect(await tokens.current(ctx)).toBe(first);
      advance(5 * 60_000);
      const second = await tokens.current(ctx);
      expect(second).not.toBe(first);
      expect(await createTokens(options).current(ctx)).toBe(second);
      advance(20 * 60_000);
      expect(await createTokens(options).current(ctx)).not.toBe(second);
      expect(host.tokenRequests().length).toBe(3);
    },
  );

  it('of a rotating key is renewed after a quarter of an hour, so that its refresh token never rests', async () => {
    const { host, options, ctx, advance } = await setUp();
    host.rotating = true;
    const tokens = createTokens(options);
    await tokens.current(ctx);
    advance(15 * 60_000 + 1);
    await tokens.current(ctx);
    expect(host.tokenRequests().length).toBe(2);
  });

  it('of a short life is not renewed with every call', () => {
    const token = {
      accessToken: 'a',
      refreshToken: 'r',
      rootHash: 'h',
      origin: 'login',
      issuedMs: 0,
      expiresMs: 2000,
    } as const;
    expect([0, 1499, 1501, 3000].map((ms) => isFresh(token, ms))).toEqual([true, true, false, false]);
  });

  it('is asked for with the fields of the contract as a form', async () => {
    const { host, options, ctx } = await setUp();
    await createTokens(options).current(ctx);
    expect(Object.fromEntries(host.tokenRequests()[0]?.form ?? [])).toEqual({
      ...{ grant_type: 'refresh_token', client_id: KEY.id, client_secret: KEY.secret, refresh_token: KEY.refreshToken },
    });
  });

  it.each([false, true])(
    'is refreshed once for 50 callers, of two sources on one folder (rotating: %s)',
    async (rotating) => {
      const { host, options, ctx } = await setUp();
      host.rotating = rotating;
      const [one, two] = [createTokens(options), createTokens(options)];
      const all = await Promise.all(Array.from({ length: 50 }, (_, i) => (i % 2 ? one : two).current(ctx)));
      expect([new Set(all).size, host.tokenRequests().length]).toEqual([1, 1]);
    },
  );

  it('that the API refuses to 50 callers is replaced once, and a second refusal within a minute is an error', async () => {
    const { host, options, ctx, advance } = await setUp();
    const tokens = createTokens(options);
    const first = await tokens.current(ctx);
    const all = await Promise.all(Array.from({ length: 50 }, () => tokens.replace(first, ctx)));
    expect([new Set(all).size, host.tokenRequests().length]).toEqual([1, 2]);
    expect(all[0]).not.toBe(first);
    expect(await caught(tokens.replace(all[0] ?? '', ctx))).toMatchObject({ kind: 'auth' });
    expect(host.tokenRequests().length).toBe(2);
    advance(60_001);
    expect(await tokens.replace(all[0] ?? '', ctx)).not.toBe(all[0]);
  });

  it('that another caller just renews is not taken for the replacement of a refused one', async () => {
    const { options, ctx } = await setUp();
    const first = await createTokens(options).current(ctx);
    const tokens = createTokens(options); // its first look is at the file, where the refused token is
    const [current, replaced] = await Promise.all([tokens.current(ctx), tokens.replace(first, ctx)]);
    expect(current).toBe(first);
    expect(replaced).not.toBe(first);
  });

  it('is still given to a caller who joined one that was interrupted', async () => {
    const { host, options, ctx } = await setUp();
    const asked = hanging(host);
    const tokens = createTokens(options);
    const abort = new AbortController();
    const interrupted = caught(tokens.current({ ...ctx, signal: abort.signal }));
    const joined = tokens.current(ctx);
    await asked;
    abort.abort(new Error('stopped'));
    expect(await interrupted).toMatchObject({ message: 'stopped' });
    expect(await joined).toMatch(/^at-/);
  });
});

describe('an interruption', () => {
  it('lets an answer that is on its way be kept: a rotated token is not lost', async () => {
    const { host, options, ctx, saved, abort } = await setUp();
    host.rotating = true;
    host.behave(async () => {
      abort.abort(new Error('stopped'));
      await new Promise((resolve) => setTimeout(resolve, 100));
      return false;
    });
    await caught(createTokens(options).current(ctx));
    expect(saved().json.refreshToken).not.toBe(KEY.refreshToken);
    host.behave(() => false);
    const next = fakeCtx();
    next.advance(1_200_000);
    expect(await createTokens(options).current(next.ctx)).toMatch(/^at-/);
  });
});

describe('two processes', () => {
  it('that share a rotating token file never use a refresh token twice', async () => {
    const { host, folder } = await setUp();
    host.rotating = true;
    host.lifeS = 1; // renewed again and again
    const code = `
      const { createTokens } = await gex('feeds/tradestation/tokens.ts');
      const { systemClock } = await gex('io/ctx.ts');
      const quiet = () => {};
      const ctx = { clock: systemClock, signal: new AbortController().signal, log: { debug: quiet, info: quiet, warn: quiet, error: quiet } };
      const tokens = createTokens(JSON.parse(process.env.OPTIONS));
      let renewals = 0, last = '';
      while (renewals < 4) {
        const token = await tokens.current(ctx);
        if (token !== last) renewals++;
        last = token;
        await systemClock.sleep(20);
      }
      console.log(renewals);`;
    const options = {
      clientId: KEY.id,
      clientSecret: KEY.secret,
      signInUrl: host.url,
      folder,
      refreshToken: KEY.refreshToken,
    };
    const children = [1, 2].map(() => new Child(code, { OPTIONS: JSON.stringify(options) }));
    const renewals = await Promise.all(children.map(async (child) => Number(await child.line())));
    expect(renewals).toEqual([4, 4]);
    const used = host.tokenRequests().map(({ form }) => form.get('refresh_token'));
    expect(new Set(used).size).toBe(used.length);
    expect(used.length).toBeGreaterThanOrEqual(4);
  });
});

describe('a lost answer', () => {
  it('is asked for again; a fixed refresh token survives it', async () => {
    const { host, options, ctx, waits } = await setUp();
    host.behave((request, response) => {
      if (request.turn > 2) return false;
      response.destroy();
      return true;
    });
    expect(await createTokens(options).current(ctx)).toMatch(/^at-/);
    expect([host.tokenRequests().length, waits.filter((ms) => ms >= 1000)]).toEqual([3, [1000, 2000]]);
  });

  it('of a rotating key ends in the one sentence that helps, after one further request', async () => {
    const { host, options, ctx } = await setUp();
    host.rotating = true;
    loseAnswers(host, 1);
    const tokens = createTokens(options);
    expect(await caught(tokens.current(ctx))).toMatchObject({
      ...{ kind: 'auth', message: expect.stringMatching(/invalid_grant.*run gex auth login$/) },
    });
    expect(host.tokenRequests().length).toBe(2);
  });

  it('that could not be written down is written with the next call, without another request', async () => {
    const { host, options, ctx, folder, saved } = await setUp();
    host.rotating = true;
    const tokens = createTokens(options);
    const path = tokenPath(folder, options);
    host.behave(async () => {
      await mkdir(path); // in the way of the token file
      return false;
    });
    expect(await caught(tokens.current(ctx))).toMatchObject({ kind: 'storage' });
    await rmdir(path);
    host.behave(() => false);
    expect(await tokens.current(ctx)).toBe(saved().json.accessToken);
    expect([host.tokenRequests().length, saved().path]).toEqual([1, path]);
  });
});

/** The host does its part and the answer is lost, `times` times. */
function loseAnswers(host: TradestationHost, times: number): void {
  host.behave((request, response) => {
    if (request.turn <= times) response.end = () => response.destroy();
    return false;
  });
}

describe('a process killed between the answer and the file', () => {
  it('costs a fixed key nothing and leaves no lock behind', async () => {
    const { host, folder, options, ctx } = await setUp();
    const code = `
      const { createTokens } = await gex('feeds/tradestation/tokens.ts');
      const { systemClock } = await gex('io/ctx.ts');
      const quiet = () => {};
      const ctx = { clock: systemClock, signal: new AbortController().signal, log: { debug: quiet, info: quiet, warn: quiet, error: quiet } };
      await createTokens(JSON.parse(process.env.OPTIONS)).current(ctx);`;
    const asked = hanging(host);
    const child = new Child(code, { OPTIONS: JSON.stringify({ ...options, folder }) });
    await asked;
    await child.kill();
    expect(await createTokens(options).current(ctx)).toMatch(/^at-/);
    expect(readdirSync(folder).filter((file) => file.endsWith('.lock'))).toEqual([]);
  });
});

describe('a refusal for good', () => {
  it.each([
    [403, 'invalid_grant', /revoked, expired or used up; run gex auth login$/],
    [401, 'access_denied', /check TRADESTATION_CLIENT_ID and TRADESTATION_CLIENT_SECRET$/],
    [403, 'unauthorized_client', /check TRADESTATION_CLIENT_ID/],
    [400, 'invalid_request', /\(400 invalid_request of /],
  ])('%d %s is an auth error, asked for once by any number of calls', async (status, error, sentence) => {
    const { host, options, ctx, lines } = await setUp();
    host.behave((_, response) => {
      json(response, status, { error, error_description: KEY.refreshToken });
      return true;
    });
    const tokens = createTokens(options);
    const errors = await Promise.all(Array.from({ length: 20 }, () => caught(tokens.current(ctx))));
    const later = await caught(tokens.current(ctx));
    for (const one of [...errors, later])
      expect(one).toMatchObject({ kind: 'auth', message: expect.stringMatching(sentence) });
    expect(host.tokenRequests().length).toBe(1);
    expect(String(later) + lines.join()).not.toContain(KEY.refreshToken);
  });

  it('ends with a new login, also of another process', async () => {
    const { host, options, ctx } = await setUp();
    const tokens = createTokens(options);
    host.revoke();
    expect(await caught(tokens.current(ctx))).toMatchObject({ kind: 'auth' });
    await saveLogin(options, { accessToken: 'at-login', refreshToken: 'rt-login', expiresInMs: 1_200_000 }, ctx);
    expect(await tokens.current(ctx)).toBe('at-login');
  });

  it.each([429, 500, 503])('is not what %d means: three attempts, then upstream', async (status) => {
    const { host, options, ctx } = await setUp();
    host.behave((_, response) => {
      response.writeHead(status).end('<html>sorry</html>');
      return true;
    });
    expect(await caught(createTokens(options).current(ctx))).toMatchObject({ kind: 'upstream' });
    expect(host.tokenRequests().length).toBe(3);
  });
});

describe('the token file', () => {
  it('of another key or sign-in host is another one', async () => {
    const { options, ctx, folder, host } = await setUp();
    await createTokens(options).current(ctx);
    host.behave((_, response) => {
      json(response, 200, { access_token: 'other', expires_in: 1200 });
      return true;
    });
    await createTokens({ ...options, clientId: 'another' }).current(ctx);
    await createTokens({ ...options, signInUrl: host.url.replace('127.0.0.1', 'localhost') }).current(ctx);
    expect(readdirSync(folder).filter((file) => /^\.tradestation-\w{12}\.json$/.test(file)).length).toBe(3);
  });

  it('that is damaged is a data error that says what to do', async () => {
    const { options, ctx, saved } = await setUp();
    await createTokens(options).current(ctx);
    writeFileSync(saved().path, '{"accessToken":');
    expect(await caught(createTokens(options).current(ctx))).toMatchObject({
      ...{ kind: 'data', message: expect.stringContaining('remove it, then run gex auth login') },
    });
  });

  it('without tokens and without a configured one is exit 3, nothing being asked', async () => {
    const { host, options, ctx } = await setUp();
    const { refreshToken: _, ...rest } = options;
    expect(await caught(createTokens(rest).current(ctx))).toMatchObject({ kind: 'auth' });
    expect(host.requests).toEqual([]);
  });
});

describe('calls of the API', () => {
  it('50 at once with an expired token need exactly one refresh', async () => {
    const { host, options, ctx, advance, lines } = await setUp();
    const tokens = createTokens(options);
    const api = createApi({ apiUrl: host.url, tokens, gateOf: () => memoryGate({ intervalMs: 0 }) });
    await api.quotes(['SPY'], ctx);
    advance(1_200_000);
    await Promise.all(Array.from({ length: 50 }, () => api.quotes(['SPY'], ctx)));
    expect(host.tokenRequests().length).toBe(2);
    for (const secret of host.secrets) expect(lines.join('\n')).not.toContain(secret);
  });
});
