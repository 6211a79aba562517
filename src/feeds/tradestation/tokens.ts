import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import { type Grant, refreshGrant, type SignInOptions } from './sign-in.js';
import { hashOf, readTokens, type Tokens, tokenPath, writeTokens } from './token-file.js';
import { underTokenLock } from './token-lock.js';

/** A key and where its tokens are kept. */
export interface TokenOptions extends SignInOptions {
  /** As configured; absent when only a login's file has one. */
  readonly refreshToken?: string;
  /** Where the token file rests. */
  readonly folder: string;
}

/** The access token of a key, the same for all callers and all processes that share the folder. */
export interface TokenSource {
  /** A token that is good for another minute at least. GexError `auth`, `upstream`, `storage`. */
  current(ctx: Ctx): Promise<string>;
  /** A token other than one the API has refused. */
  replace(refused: string, ctx: Ctx): Promise<string>;
}

/** A token is renewed this long before it ends, or in the last quarter of a shorter life. */
const MARGIN_MS = 60_000;
const MARGIN_SHARE = 0.25;
/** Rotating refresh tokens die when they rest for half an hour (contract section 2.3). */
const ROTATE_EVERY_MS = 15 * 60_000;
/** Least time between two refreshes because the API refused a token: a clock that steps or a wrong key must not make a storm. */
const FORCE_EVERY_MS = 60_000;

type Judge = (tokens: Tokens) => boolean;

/** A refresh that is under way, and whose interruption ends it. */
interface Flight {
  readonly tokens: Promise<Tokens>;
  readonly signal: AbortSignal;
}

/**
 * Keeps a key signed in. One refresh at a time in this process and, by a lock file, among all that share the folder; what
 * a refresh gives is on disk before it is used, so a rotated token is never lost. A refusal for good is not asked again.
 */
export function createTokens(options: TokenOptions): TokenSource {
  const path = tokenPath(options.folder, options);
  const renew = createRenewal(options, path);
  let held: Tokens | undefined;
  let flight: Flight | undefined;
  let forcedAtMs = Number.NEGATIVE_INFINITY;

  const start = (isGood: Judge, ctx: Ctx): Flight => {
    const tokens = underTokenLock(path, ctx, async () => {
      const onDisk = await storedTokens(options);
      return onDisk && isGood(onDisk) ? onDisk : renew(onDisk, ctx);
    }).finally(() => {
      flight = undefined;
    });
    return { tokens, signal: ctx.signal };
  };

  const obtain = async (isGood: Judge, ctx: Ctx): Promise<Tokens> => {
    for (;;) {
      if (held && isGood(held)) return held;
      const joined = flight;
      const under = joined ?? start(isGood, ctx);
      flight = under;
      try {
        held = await under.tokens;
        if (!joined) return held;
      } catch (error) {
        // Somebody else's interruption is not ours.
        if (!joined?.signal.aborted || ctx.signal.aborted) throw error;
      }
    }
  };

  return {
    current: async (ctx) => (await obtain((tokens) => isFresh(tokens, ctx.clock.now()), ctx)).accessToken,
    replace: async (token, ctx) => {
      const now = ctx.clock.now();
      if (held?.accessToken === token && now - forcedAtMs < FORCE_EVERY_MS && now >= forcedAtMs) {
        throw new GexError(
          'auth',
          'TradeStation refuses an access token it has just given; check the key and its scopes',
        );
      }
      const tokens = await obtain((found) => found.accessToken !== token && found.expiresMs > now, ctx);
      forcedAtMs = now;
      return tokens.accessToken;
    },
  };
}

/** Whether an access token need not be renewed yet. */
export function isFresh({ issuedMs, expiresMs, rotating }: Tokens, nowMs: number): boolean {
  const marginMs = Math.min(MARGIN_MS, (expiresMs - issuedMs) * MARGIN_SHARE);
  return nowMs < expiresMs - marginMs && !(rotating && nowMs - issuedMs > ROTATE_EVERY_MS);
}

/** What rests on disk, unless another refresh token has been configured since. GexError `storage`, `data`. */
export async function storedTokens(options: TokenOptions): Promise<Tokens | undefined> {
  const tokens = await readTokens(tokenPath(options.folder, options));
  const { refreshToken } = options;
  if (tokens === undefined || refreshToken === undefined) return tokens;
  return tokens.rootHash === hashOf(refreshToken) ? tokens : undefined;
}

/** Keeps what a login gave; it counts in place of the refresh token that is configured now. GexError `auth`, `storage`. */
export async function saveLogin(options: TokenOptions, grant: Grant, ctx: Ctx): Promise<Tokens> {
  const { refreshToken } = grant;
  if (refreshToken === undefined) {
    throw new GexError('auth', 'the sign-in gave no refresh token: the API key must allow the scope offline_access');
  }
  const path = tokenPath(options.folder, options);
  const rootHash = hashOf(options.refreshToken ?? refreshToken);
  const tokens: Tokens = { ...times(grant, ctx), refreshToken, rootHash, origin: 'login' };
  await underTokenLock(path, ctx, () => writeTokens(path, tokens));
  return tokens;
}

/** What every command says when there is neither a login nor a refresh token. */
export function notSignedIn(): GexError {
  return new GexError('auth', 'TradeStation is not signed in: run gex auth login, or set TRADESTATION_REFRESH_TOKEN');
}

/** Asks for new tokens and keeps them; remembers a refusal for good, and tokens that could not be written down. */
function createRenewal(options: TokenOptions, path: string) {
  let refused: { readonly error: GexError; readonly refreshToken: string } | undefined;
  let unsaved: { readonly tokens: Tokens; readonly refreshToken: string } | undefined;

  const ask = async (refreshToken: string, onDisk: Tokens | undefined, ctx: Ctx): Promise<Tokens> => {
    const grant = await refreshGrant(options, refreshToken, ctx).catch((error: unknown) => {
      if (error instanceof GexError && error.kind === 'auth') refused = { error, refreshToken };
      throw error;
    });
    return {
      ...times(grant, ctx),
      refreshToken: grant.refreshToken ?? refreshToken,
      rootHash: onDisk?.rootHash ?? hashOf(refreshToken),
      origin: onDisk?.origin ?? 'configured',
      rotating: grant.refreshToken !== undefined,
    };
  };

  return async (onDisk: Tokens | undefined, ctx: Ctx): Promise<Tokens> => {
    const refreshToken = onDisk?.refreshToken ?? options.refreshToken;
    if (refreshToken === undefined) throw notSignedIn();
    if (refused?.refreshToken === refreshToken) throw refused.error;
    const known = unsaved?.refreshToken === refreshToken ? unsaved.tokens : undefined;
    const tokens = known ?? (await ask(refreshToken, onDisk, ctx));
    unsaved = { tokens, refreshToken };
    await writeTokens(path, tokens);
    unsaved = undefined;
    ctx.log.debug('TradeStation access token renewed', { rotating: tokens.rotating });
    return tokens;
  };
}

function times({ accessToken, expiresInMs }: Grant, { clock }: Ctx) {
  const issuedMs = clock.now();
  return { accessToken, issuedMs, expiresMs: issuedMs + expiresInMs };
}
