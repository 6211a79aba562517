import { dirname } from 'node:path';
import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import { ensureWritableDir } from '../../io/files.js';
import { acquireLock, lockHolder } from '../../io/lock.js';
import { type Grant, refreshGrant, type SignInOptions } from './sign-in.js';
import { hashOf, readTokens, type Tokens, tokenPath, writeTokens } from './token-file.js';

interface TokenOptions extends SignInOptions {
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

/** A token is renewed this long before it ends. */
const MARGIN_MS = 60_000;
/** Least time between two refreshes because the API refused a token: a clock that steps or a wrong key must not make a storm. */
const FORCE_EVERY_MS = 60_000;
const LOCK_TTL_MS = 60_000;
const LOCK_POLL_MS = 50;

/**
 * Keeps a key signed in. One refresh at a time in this process and, by a lock file, among all that share the folder; what
 * a refresh gives is on disk before it is used, so a rotated token is never lost. A refusal for good is not asked again.
 */
export function createTokens(options: TokenOptions): TokenSource {
  const path = tokenPath(options.folder, options);
  let held: Tokens | undefined;
  let refreshing: Promise<Tokens> | undefined;
  let forcedAtMs = Number.NEGATIVE_INFINITY;
  let refused: { readonly error: GexError; readonly refreshToken: string } | undefined;

  const obtain = async (isGood: (tokens: Tokens) => boolean, ctx: Ctx): Promise<Tokens> => {
    if (held && isGood(held)) return held;
    refreshing ??= underLock(path, ctx, async () => {
      const onDisk = await stored(path, options);
      if (onDisk && isGood(onDisk)) return onDisk;
      return renew(onDisk);
    }).finally(() => {
      refreshing = undefined;
    });
    held = await refreshing;
    return held;

    async function renew(onDisk: Tokens | undefined): Promise<Tokens> {
      const refreshToken = onDisk?.refreshToken ?? options.refreshToken;
      if (refreshToken === undefined) throw notSignedIn();
      if (refused?.refreshToken === refreshToken) throw refused.error;
      try {
        const grant = await refreshGrant(options, refreshToken, ctx);
        const tokens = tokensOf(grant, refreshToken, onDisk?.rootHash ?? hashOf(refreshToken), ctx.clock.now());
        await writeTokens(path, tokens);
        ctx.log.debug('TradeStation access token renewed', { rotated: grant.refreshToken !== undefined });
        return tokens;
      } catch (error) {
        if (error instanceof GexError && error.kind === 'auth') refused = { error, refreshToken };
        throw error;
      }
    }
  };

  return {
    current: async (ctx) => {
      const now = ctx.clock.now();
      return (await obtain((tokens) => tokens.expiresMs - MARGIN_MS > now, ctx)).accessToken;
    },
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

/** The tokens of a login or refresh, the old refresh token where the grant has none. */
export function tokensOf(grant: Grant, refreshToken: string, rootHash: string, nowMs: number): Tokens {
  return {
    accessToken: grant.accessToken,
    expiresMs: nowMs + grant.expiresInMs,
    refreshToken: grant.refreshToken ?? refreshToken,
    rootHash,
  };
}

/** What rests on disk, unless another refresh token has been configured since. */
async function stored(path: string, { refreshToken }: TokenOptions): Promise<Tokens | undefined> {
  const tokens = await readTokens(path);
  if (tokens === undefined || refreshToken === undefined) return tokens;
  return tokens.rootHash === hashOf(refreshToken) ? tokens : undefined;
}

export function notSignedIn(): GexError {
  return new GexError(
    'auth',
    'TradeStation needs a refresh token: run gex auth login, or set TRADESTATION_REFRESH_TOKEN',
  );
}

async function underLock<T>(path: string, ctx: Ctx, work: () => Promise<T>): Promise<T> {
  await ensureWritableDir(dirname(path));
  const lockPath = `${path}.lock`;
  const untilMs = performance.now() + LOCK_TTL_MS;
  for (;;) {
    const lock = await acquireLock(lockPath, { ttlMs: LOCK_TTL_MS }, ctx);
    if (lock) {
      try {
        return await work();
      } finally {
        await lock.release();
      }
    }
    if (performance.now() > untilMs) {
      const holder = await lockHolder(lockPath);
      throw new GexError(
        'storage',
        `${lockPath} has been held for a minute by ${holder?.tag ?? 'another process'}; stop it`,
      );
    }
    await ctx.clock.sleep(LOCK_POLL_MS, ctx.signal);
  }
}
