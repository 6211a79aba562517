import { Redis } from 'ioredis';
import { GexError } from '../errors.js';
import type { Log } from '../io/ctx.js';

/** A connection to a Redis server that finds its way back by itself. Disconnect it. */
interface RedisConnection {
  readonly redis: Redis;
  /** Its address without user and password. */
  readonly place: string;
  /** GexError `storage` for a call that failed. */
  unavailable(cause: unknown): GexError;
}

/** How long an answer of Redis is waited for, ms. */
export const PATIENCE_MS = 2000;
const MAX_RETRY_MS = 2000;

/** Connects. GexError `usage` for an address that is none, `storage` when nobody answers. */
export async function connectRedis(
  url: string,
  log: Log,
  more: { readonly socketTimeout?: number } = {},
): Promise<RedisConnection> {
  const place = placeOf(url);
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: PATIENCE_MS,
    commandTimeout: PATIENCE_MS,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false, // while it is away, callers are told at once
    enableAutoPipelining: true,
    retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RETRY_MS),
    ...more,
  });
  tellAway(redis, place, log);
  let fault: Error | undefined; // what `connect` rejects with says only that it is over
  redis.once('error', (error: Error) => {
    fault = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    throw unavailable(place, fault ?? error);
  }
  return { redis, place, unavailable: (cause) => unavailable(place, cause) };
}

function unavailable(place: string, cause: unknown): GexError {
  const why = (cause as Error).message.replace(/\.$/, '');
  const isRefusal = /^(WRONGPASS|NOAUTH)/.test(why);
  const sentence = isRefusal
    ? `refuses the sign-in: ${why}. Give its user and password in the address.`
    : `does not answer: ${why}. Start it, or try again.`;
  return new GexError('storage', `Redis at ${place} ${sentence}`, { cause });
}

function tellAway(redis: Redis, place: string, log: Log): void {
  let away = false;
  redis.on('error', (error: Error) => {
    if (!away) log.debug('Redis connection', { place, error });
    away = true;
  });
  redis.on('ready', () => {
    if (away) log.info('Redis answers again', { place });
    away = false;
  });
}

function placeOf(url: string): string {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw new GexError('usage', 'The Redis address is not valid: give one such as redis://127.0.0.1:6379.');
  }
  const { host, pathname } = new URL(url);
  return host + pathname;
}
