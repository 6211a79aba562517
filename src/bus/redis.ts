import { Redis } from 'ioredis';
import { GexError } from '../errors.js';
import type { Log } from '../io/ctx.js';

/** An open connection to a Redis server that finds its way back by itself. */
export interface RedisLink<Script extends string> {
  /** Runs a script atomically. GexError `storage` when the server does not answer within 2 s or refuses. */
  run(script: Script, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown>;
  close(): Promise<void>;
}

const PATIENCE_MS = 2000;
const MAX_RETRY_MS = 2000;

/** Connects, with scripts by name in Lua. GexError `usage` for an address that is none, `storage` when nobody answers. */
export async function openRedis<Script extends string>(
  url: string,
  scripts: Readonly<Record<Script, string>>,
  log: Log,
): Promise<RedisLink<Script>> {
  const place = placeOf(url);
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: PATIENCE_MS,
    commandTimeout: PATIENCE_MS,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false, // while it is away, callers are told at once
    enableAutoPipelining: true,
    retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RETRY_MS),
  });
  let away = false;
  redis.on('error', (error: Error) => {
    if (!away) log.debug('Redis connection', { place, error });
    away = true;
  });
  redis.on('ready', () => {
    if (away) log.info('Redis answers again', { place });
    away = false;
  });
  const unavailable = (cause: unknown): GexError =>
    new GexError('storage', `Redis at ${place} does not answer: ${(cause as Error).message}. Start it, or try again.`, {
      cause,
    });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    throw unavailable(error);
  }
  for (const [name, lua] of Object.entries<string>(scripts)) redis.defineCommand(name, { lua });
  const commands = redis as unknown as Record<Script, (...args: (string | number)[]) => Promise<unknown>>;
  return {
    run: async (script, keys, values) => {
      try {
        return await commands[script](keys.length, ...keys, ...values);
      } catch (error) {
        throw unavailable(error);
      }
    },
    close: async () => redis.disconnect(),
  };
}

/** The address without its user and password. */
function placeOf(url: string): string {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw new GexError('usage', 'The Redis address is not valid: give one such as redis://127.0.0.1:6379.');
  }
  const { host, pathname } = new URL(url);
  return host + pathname;
}
