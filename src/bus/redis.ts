import type { Log } from '../io/ctx.js';
import { connectRedis } from './redis-connection.js';

/** An open connection to a Redis server that finds its way back by itself. */
export interface RedisLink<Script extends string> {
  /** Runs a script atomically. GexError `storage` when the server does not answer within 2 s or refuses. */
  run(script: Script, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown>;
  close(): Promise<void>;
}

/** Connects, with scripts by name in Lua. GexError `usage` for an address that is none, `storage` when nobody answers. */
export async function openRedis<Script extends string>(
  url: string,
  scripts: Readonly<Record<Script, string>>,
  log: Log,
): Promise<RedisLink<Script>> {
  const { redis, unavailable } = await connectRedis(url, log);
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
