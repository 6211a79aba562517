import { ERROR_KINDS, GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import { sendRequest } from '../../io/request.js';
import { jsonBody } from './answers.js';
import { num, words } from './values.js';

/** A key and the host that signs it in (contract section 2). */
export interface SignInOptions {
  readonly clientId: string;
  /** Absent for keys that use PKCE. */
  readonly clientSecret?: string;
  /** Such as `https://signin.tradestation.com`. */
  readonly signInUrl: string;
}

/** What the token endpoint grants. */
export interface Grant {
  readonly accessToken: string;
  readonly expiresInMs: number;
  /** Only when the key's refresh tokens rotate, or after a login. */
  readonly refreshToken?: string;
}

/** Words with which the sign-in host says that asking again is pointless. */
const PERMANENT = ['invalid_grant', 'unauthorized_client', 'access_denied', 'invalid_client'];
const TIMEOUT_MS = 15_000;
const ATTEMPTS = 3;
const RETRY_WAIT_MS = 1000;
/** Less than the second in which everything ends. */
const GRACE_MS = 700;

/**
 * A new access token for a refresh token. GexError `auth` when the sign-in host refuses it for good, `upstream` when it does
 * not answer in three attempts. Neither names a secret.
 */
export function refreshGrant(options: SignInOptions, refreshToken: string, ctx: Ctx): Promise<Grant> {
  return askForGrant(options, { grant_type: 'refresh_token', refresh_token: refreshToken }, ctx);
}

/** The tokens of a login: the code it returned, with the verifier of a PKCE challenge. */
export function codeGrant(
  options: SignInOptions,
  login: { readonly code: string; readonly redirectUri: string; readonly verifier: string },
  ctx: Ctx,
): Promise<Grant> {
  const { code, redirectUri, verifier } = login;
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
  return askForGrant(options, form, ctx);
}

async function askForGrant(
  { clientId, clientSecret, signInUrl }: SignInOptions,
  form: Readonly<Record<string, string>>,
  ctx: Ctx,
): Promise<Grant> {
  const body = new URLSearchParams({
    ...form,
    client_id: clientId,
    ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
  }).toString();
  // A code is good once: an answer that was lost cannot be had by asking again.
  const attempts = form.grant_type === 'refresh_token' ? ATTEMPTS : 1;
  const grace = graceful(ctx.signal);
  try {
    for (let attempt = 1; ; attempt++) {
      ctx.signal.throwIfAborted();
      try {
        return await ask(`${signInUrl.replace(/\/+$/, '')}/oauth/token`, body, grace.signal);
      } catch (error) {
        const again = error instanceof GexError && ERROR_KINDS[error.kind].retried && attempt < attempts;
        if (!again) throw error;
        await ctx.clock.sleep(RETRY_WAIT_MS * 2 ** (attempt - 1), ctx.signal);
      }
    }
  } finally {
    grace.end();
  }
}

/** Aborts a moment after the signal does: an answer on its way may hold the one refresh token that is still good. */
function graceful(signal: AbortSignal): { readonly signal: AbortSignal; end(): void } {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    timer = setTimeout(() => late.abort(signal.reason), GRACE_MS);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return {
    signal: late.signal,
    end: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
}

async function ask(url: string, body: string, signal: AbortSignal): Promise<Grant> {
  const { status, bytes } = await sendRequest({
    ...{ method: 'POST', url, body, signal, timeoutMs: TIMEOUT_MS, maxBytes: 1_000_000 },
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
  });
  const json = jsonBody(bytes.toString());
  if (status !== 200) throw refusal(url, status, errorWord(json?.error));
  const accessToken = words(json?.access_token);
  const expiresIn = num(json?.expires_in);
  if (accessToken === undefined || expiresIn === undefined) {
    throw new GexError('data', `${url}: answered 200 without an access token; is TRADESTATION_SIGNIN_URL right?`);
  }
  const refreshToken = words(json?.refresh_token);
  return { accessToken, expiresInMs: expiresIn * 1000, ...(refreshToken === undefined ? {} : { refreshToken }) };
}

/** An error of the protocol such as `invalid_grant`; anything longer might repeat what was sent. */
function errorWord(value: unknown): string | undefined {
  const word = words(value);
  return word !== undefined && /^[a-z_]{1,40}$/.test(word) ? word : undefined;
}

function refusal(url: string, status: number, word: string | undefined): GexError {
  const said = word === undefined ? `${status}` : `${status} ${word}`;
  const isRefused = status >= 400 && status < 500 && status !== 429;
  if (isRefused && word !== undefined && PERMANENT.includes(word)) {
    const cure =
      word === 'invalid_grant'
        ? 'the refresh token is revoked, expired or used up; run gex auth login'
        : 'check TRADESTATION_CLIENT_ID and TRADESTATION_CLIENT_SECRET';
    return new GexError('auth', `TradeStation refuses the sign-in (${said}): ${cure}`);
  }
  if (isRefused) return new GexError('auth', `TradeStation refuses the sign-in (${said} of ${url})`);
  return new GexError('upstream', `${url}: answered ${said}; try again later`);
}
