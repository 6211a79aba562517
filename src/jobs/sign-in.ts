import { GexError } from '../errors.js';
import { type Authorization, codeOf, createAuthorization } from '../feeds/tradestation/authorize.js';
import { codeGrant } from '../feeds/tradestation/sign-in.js';
import { hashOf, type Tokens, tokenPath } from '../feeds/tradestation/token-file.js';
import {
  createTokens,
  isFresh,
  notSignedIn,
  saveLogin,
  storedTokens,
  type TokenOptions,
} from '../feeds/tradestation/tokens.js';
import type { Ctx } from '../io/ctx.js';

interface LoginOptions {
  readonly key: TokenOptions;
  readonly audience: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
}

/** Shows the user the sign-in page and passes on the query with which the browser comes back. */
type Ask = (authorization: Authorization, handle: (query: URLSearchParams) => Promise<Tokens>) => Promise<Tokens>;

/**
 * One sign-in from the page to the token file: the code flow with PKCE (RFC 7636). GexError `auth` when it is refused
 * or not this one's, `upstream`, `storage`.
 */
export function signIn({ key, audience, redirectUri, scopes }: LoginOptions, ask: Ask, ctx: Ctx): Promise<Tokens> {
  const { clientId, signInUrl } = key;
  const authorization = createAuthorization({ clientId, signInUrl, audience, redirectUri, scopes });
  return ask(authorization, async (query) => {
    const { state, verifier } = authorization;
    const grant = await codeGrant(key, { code: codeOf(query, state), redirectUri, verifier }, ctx);
    return saveLogin(key, grant, ctx);
  });
}

/** How a key stands. No secret is in it. */
export interface SignInStatus {
  readonly tokenFile: string;
  /** Which refresh token counts; undefined: there is none. */
  readonly source?: 'login' | 'configured';
  /** Plain words about a refresh token that is there and not used. */
  readonly note?: string;
  /** Epoch ms at which the access token ends; undefined: there has been none. */
  readonly expiresMs?: number;
  /** Refresh tokens change with every use; undefined: not known before the first refresh. */
  readonly rotating?: boolean;
  readonly refresh: 'not tried' | 'works' | 'fails';
  /** Why it is not signed in. */
  readonly error?: GexError;
}

/** Looks at the tokens of a key; renews the access token when it has expired, or when `force` asks for it. */
export async function signInStatus(
  key: TokenOptions,
  { force }: { readonly force: boolean },
  ctx: Ctx,
): Promise<SignInStatus> {
  const tokenFile = tokenPath(key.folder, key);
  const before = await storedTokens(key);
  const note = await noteOf(key, before);
  const told = { tokenFile, ...(note === undefined ? {} : { note }) };
  if (before === undefined && key.refreshToken === undefined)
    return { ...told, refresh: 'not tried', error: notSignedIn() };
  const isDue = force || before === undefined || !isFresh(before, ctx.clock.now());
  if (!isDue) return { ...told, ...shown(before), refresh: 'not tried' };
  try {
    const tokens = createTokens(key);
    await (before === undefined ? tokens.current(ctx) : tokens.replace(before.accessToken, ctx));
    const after = await storedTokens(key);
    return { ...told, ...(after ? shown(after) : {}), refresh: 'works' };
  } catch (error) {
    if (!(error instanceof GexError) || ctx.signal.aborted) throw error;
    return { ...told, source: 'configured', ...(before ? shown(before) : {}), refresh: 'fails', error };
  }
}

function shown({ origin, expiresMs, rotating }: Tokens): Pick<SignInStatus, 'source' | 'expiresMs' | 'rotating'> {
  return { source: origin, expiresMs, ...(rotating === undefined ? {} : { rotating }) };
}

/** Where there is both a login and a configured refresh token, which of them counts. */
async function noteOf(key: TokenOptions, counting: Tokens | undefined): Promise<string | undefined> {
  const { refreshToken, ...withoutConfigured } = key;
  if (refreshToken === undefined) return undefined;
  if (counting?.origin === 'login' && hashOf(counting.refreshToken) !== hashOf(refreshToken)) {
    return 'the login is used, not TRADESTATION_REFRESH_TOKEN, which was there before it';
  }
  const kept = await storedTokens(withoutConfigured);
  if (counting !== undefined || kept === undefined) return undefined;
  const other = kept.origin === 'login' ? 'an earlier login' : 'another refresh token';
  return `TRADESTATION_REFRESH_TOKEN is used, not the token file, which is of ${other} and will be replaced`;
}
