import { platform } from 'node:os';
import { createInterface } from 'node:readline';
import type { Settings } from '../../config/table.js';
import { GexError } from '../../errors.js';
import { type Authorization, pastedAnswer } from '../../feeds/tradestation/authorize.js';
import type { Tokens } from '../../feeds/tradestation/token-file.js';
import { openBrowser } from '../../io/browser.js';
import type { Ctx } from '../../io/ctx.js';
import { receiveRedirect } from '../../io/redirect.js';
import { type SignInStatus, signIn, signInStatus } from '../../jobs/sign-in.js';
import type { CommandCall } from '../command.js';
import { apiUrlOf, keyOf } from '../tradestation.js';
import type { Output } from '../ui.js';

type Handle = (query: URLSearchParams) => Promise<Tokens>;

/** Signs in to TradeStation, or shows how that stands. GexError `auth` when nobody is signed in. */
export async function run({ args: [action], settings, ctx, out }: CommandCall): Promise<void> {
  if (action !== 'login' && action !== 'status') {
    throw new GexError('usage', `found action ${JSON.stringify(action)}; give login or status`);
  }
  const key = keyOf(settings);
  if (action === 'login') await login(settings, ctx, out);
  const force = action === 'status' && settings.authRefresh;
  const status = await signInStatus(key, { force }, ctx);
  await print(action, status, settings, out);
  if (status.error) throw status.error;
}

async function login(settings: Settings, ctx: Ctx, out: Output): Promise<void> {
  const { tsAudience: audience, tsRedirectUrl: redirectUri, tsScopes: scopes } = settings;
  const ask = settings.authPaste ? askToPaste : askInBrowser;
  await signIn(
    { key: keyOf(settings), audience, redirectUri, scopes },
    (authorization, handle) => ask({ authorization, handle, settings }, ctx, out),
    ctx,
  );
}

interface Asked {
  readonly authorization: Authorization;
  readonly handle: Handle;
  readonly settings: Settings;
}

async function askInBrowser({ authorization, handle, settings }: Asked, ctx: Ctx, out: Output): Promise<Tokens> {
  const ready = async (): Promise<void> => {
    await say('Sign in at this address; a browser on this machine comes back by itself:', authorization.url, ctx, out);
    if (settings.authNoBrowser) return;
    const opened = await openBrowser(authorization.url, { platform: platform(), environment: process.env });
    if (!opened) ctx.log.info('no browser was opened; with one on another machine, use gex auth login --paste');
  };
  const done = 'Signed in. This window can be closed; gex goes on in its terminal.';
  return receiveRedirect({ url: settings.tsRedirectUrl, handle, done, ready }, ctx.signal);
}

async function askToPaste({ authorization, handle }: Asked, ctx: Ctx, out: Output): Promise<Tokens> {
  const { url, state } = authorization;
  await say('Sign in at this address, in any browser:', url, ctx, out);
  ctx.log.info('the browser then ends at an address that may not load; paste that address here, and press Enter');
  const pasted = await firstLine(ctx.signal);
  if (pasted === undefined) throw new GexError('usage', 'stdin ended before an address was pasted');
  return handle(pastedAnswer(pasted, state));
}

/** The address is for people: with --json it belongs to the story, stdout is one object. */
async function say(sentence: string, url: string, { log }: Ctx, out: Output): Promise<void> {
  if (out.json) log.info(`${sentence} ${url}`);
  else await out.write(`${sentence}\n\n${url}\n\n`);
}

async function firstLine(signal: AbortSignal): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin });
  try {
    return await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      lines.once('line', resolve);
      lines.once('close', () => resolve(undefined));
    });
  } finally {
    lines.close();
    process.stdin.destroy();
  }
}

/** Enough to tell keys apart. */
const masked = (id: string): string => (id.length < 12 ? '***' : `${id.slice(0, 4)}...${id.slice(-4)}`);

async function print(action: string, status: SignInStatus, settings: Settings, out: Output): Promise<void> {
  const { error, expiresMs, source, rotating, note, tokenFile, refresh } = status;
  const row = {
    schema: 'gex-auth/1',
    action,
    signedIn: error === undefined,
    key: masked(settings.tsClientId ?? ''),
    signInUrl: settings.tsSignInUrl,
    apiUrl: apiUrlOf(settings),
    tokenFile,
    source: source ?? null,
    accessTokenExpires: expiresMs === undefined ? null : new Date(expiresMs).toISOString(),
    rotating: rotating ?? null,
    refresh,
    note: note ?? null,
    error: error?.message ?? null,
  };
  if (out.json) return out.object(row);
  const rows: [string, string][] = [
    ['signed in', row.signedIn ? 'yes' : 'no'],
    ['API key', row.key],
    ['sign-in host', row.signInUrl],
    ['API', row.apiUrl],
    ['token file', tokenFile],
    ['refresh token', SOURCES[source ?? 'none']],
    ['access token until', row.accessTokenExpires ?? 'there is none'],
    ['refresh tokens', rotating === undefined ? 'not known before the first refresh' : ROTATIONS[rotating ? 1 : 0]],
    ['refresh', refresh],
    ...(note === undefined ? [] : [['note', note] satisfies [string, string]]),
  ];
  await out.table({ head: ['sign-in', 'value'], rows });
}

const SOURCES = {
  login: 'of gex auth login',
  configured: 'TRADESTATION_REFRESH_TOKEN',
  none: 'there is none',
} as const;
const ROTATIONS = ['stay until they are revoked', 'change with every use, and end with a day'] as const;
