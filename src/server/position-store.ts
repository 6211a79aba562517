import { join } from 'node:path';
import { openRedis } from '../bus/redis.js';
import type { Ctx } from '../io/ctx.js';
import { openPositionFile } from '../stores/position-file.js';
import { FileKeeper } from './file-keeper.js';
import { Playback, type PlaybackOptions } from './playback.js';
import type { Positions } from './positions.js';
import { RedisPositions, SCRIPTS } from './redis-positions.js';

/** Where positions and clocks are kept. */
export type StoreOptions =
  | { readonly kind: 'memory' }
  /** They survive a restart of this server, in `playback.db` of the data folder. */
  | { readonly kind: 'sqlite' }
  /** They survive a restart, and servers with the same address and prefix share them. */
  | { readonly kind: 'redis'; readonly url: string; readonly prefix: string };

interface Needs extends PlaybackOptions {
  readonly root: string;
  readonly store?: StoreOptions;
}

export interface PositionStore {
  /** The positions within a scope. */
  positions(scope: string): Positions;
  close(): Promise<void>;
}

/** Opens where positions are kept. Throws `storage` when it cannot be used, `usage` for an address that is none. */
export async function openPositionStore(options: Needs, ctx: Ctx): Promise<PositionStore> {
  const { root, store = { kind: 'memory' } } = options;
  if (store.kind === 'redis') {
    const redis = await openRedis(store.url, SCRIPTS, ctx.log);
    const { prefix } = store;
    return {
      positions: (scope) => new RedisPositions({ ...options, redis, prefix: `${prefix}{${scope}}:` }, ctx.clock),
      close: () => redis.close(),
    };
  }
  if (store.kind === 'memory') return { positions: () => new Playback(options), close: async () => {} };
  const file = await openPositionFile(join(root, 'playback.db'));
  return {
    positions: (scope) => new Playback(options, new FileKeeper({ file, scope, maxKeys: options.maxKeys }, ctx)),
    close: async () => file.close(),
  };
}
