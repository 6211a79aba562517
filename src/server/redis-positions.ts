import type { RedisLink } from '../bus/redis.js';
import type { Clock } from '../io/ctx.js';
import type { ClockState } from './clock.js';
import { hashOf } from './file-keeper.js';
import type { PlaybackOptions } from './playback.js';
import type { Positions, Take } from './positions.js';

/** Nobody's positions are kept longer than this after their last use: 7 days. */
const LIFE_SECONDS = 7 * 24 * 3600;

/** KEYS: positions, clock, names by use. ARGV of all: prefix, name, now, most names, life. A name too many leaves. */
const TOUCH = `
  local function touch()
    redis.call('ZADD', KEYS[3], ARGV[3], ARGV[2])
    if redis.call('ZCARD', KEYS[3]) > tonumber(ARGV[4]) then
      local oldest = redis.call('ZPOPMIN', KEYS[3])[1]
      redis.call('DEL', ARGV[1] .. 'p:' .. oldest, ARGV[1] .. 'c:' .. oldest)
    end
    for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[5]) end
  end`;

/** What happens to positions, each in one piece: servers that share a key never serve it one record twice. */
export const SCRIPTS = {
  /** counter, length, rotates, from or '' -> index or -1. */
  gexTake: `${TOUCH}
    local length = tonumber(ARGV[7])
    local rotates = ARGV[8] == '1'
    local jumps = ARGV[9] ~= ''
    local position = tonumber(redis.call('HGET', KEYS[1], ARGV[6]) or '0')
    if jumps then position = math.max(position, tonumber(ARGV[9])) end
    if length == 0 or (not rotates and position >= length) then return -1 end
    local index = position % length
    local next = index + 1
    if jumps then
      if position >= length then redis.call('DEL', KEYS[1]) end
    elseif rotates then
      next = next % length
    end
    redis.call('HSET', KEYS[1], ARGV[6], next)
    touch()
    return index`,
  /** counter, index, next: from next back to index, unless somebody has gone on meanwhile. */
  gexGiveBack: `
    if redis.call('HGET', KEYS[1], ARGV[6]) == ARGV[8] then redis.call('HSET', KEYS[1], ARGV[6], ARGV[7]) end`,
  /** counter, index, ... */
  gexSet: `${TOUCH}
    for i = 6, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
    touch()`,
  gexOf: `return redis.call('HGETALL', KEYS[1])`,
  /** 'all' or 'positions' -> how many positions there were. */
  gexReset: `
    local count = redis.call('HLEN', KEYS[1])
    redis.call('DEL', KEYS[1])
    if ARGV[6] == 'all' then redis.call('DEL', KEYS[2]) end
    return count`,
  gexResetAll: `
    local count = 0
    for _, name in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
      count = count + redis.call('HLEN', ARGV[1] .. 'p:' .. name)
      redis.call('DEL', ARGV[1] .. 'p:' .. name)
      if ARGV[6] == 'all' then redis.call('DEL', ARGV[1] .. 'c:' .. name) end
    end
    if ARGV[6] == 'all' then redis.call('DEL', KEYS[2], KEYS[3]) end
    return count`,
  /** state when there is none -> state; the shared clock (shared = '1') is no name. */
  gexClock: `${TOUCH}
    local state = redis.call('GET', KEYS[2])
    if not state then
      state = ARGV[6]
      redis.call('SET', KEYS[2], state)
    end
    if ARGV[7] == '1' then redis.call('EXPIRE', KEYS[2], ARGV[5]) else touch() end
    return state`,
  gexSetClock: `${TOUCH}
    redis.call('SET', KEYS[2], ARGV[6])
    if ARGV[7] == '1' then redis.call('EXPIRE', KEYS[2], ARGV[5]) else touch() end`,
} as const;

type Script = keyof typeof SCRIPTS;

interface RedisOptions extends PlaybackOptions {
  readonly redis: RedisLink<Script>;
  /** Of every key of these positions. */
  readonly prefix: string;
}

/**
 * Positions in Redis, shared by every server with the same prefix. A turn is taken before its record is read; when that
 * fails it is given back, unless another turn has followed meanwhile. Clocks run by the servers' wall clocks.
 */
export class RedisPositions implements Positions {
  readonly #options: RedisOptions;
  readonly #clock: Clock;
  readonly #keys = new Set<string>();

  constructor(options: RedisOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  async take<T>(turn: Take, serve: (index: number) => T | Promise<T>): Promise<T | undefined> {
    const { apiKey, counter, length, jump } = turn;
    const rotates = jump?.rotates ?? this.#options.cacheMode === 'rotation';
    const index = Number(await this.#run('gexTake', apiKey, [counter, length, rotates ? 1 : 0, jump?.from ?? '']));
    if (index < 0) return undefined;
    try {
      return await serve(index);
    } catch (error) {
      const next = rotates && jump === undefined ? (index + 1) % length : index + 1;
      await this.#run('gexGiveBack', apiKey, [counter, index, next]);
      throw error;
    }
  }

  async set(apiKey: string, positions: Iterable<readonly [string, number]>): Promise<void> {
    const values = [...positions].flat();
    if (values.length > 0) await this.#run('gexSet', apiKey, values);
  }

  async reset(apiKey?: string, what: 'all' | 'positions' = 'all'): Promise<number> {
    if (apiKey === undefined) this.#keys.clear();
    else this.#keys.delete(apiKey);
    return Number(await this.#run(apiKey === undefined ? 'gexResetAll' : 'gexReset', apiKey ?? '', [what]));
  }

  async of(apiKey: string): Promise<ReadonlyMap<string, number>> {
    const flat = (await this.#run('gexOf', apiKey, [])) as readonly string[];
    const positions = new Map<string, number>();
    for (let i = 0; i < flat.length; i += 2) positions.set(flat[i] ?? '', Number(flat[i + 1]));
    return positions;
  }

  keys(): Iterable<string> {
    return this.#keys;
  }

  async clock(name: string, start: () => ClockState): Promise<ClockState> {
    const text = await this.#run('gexClock', name, [JSON.stringify(start()), name === '' ? 1 : 0]);
    return JSON.parse(String(text)) as ClockState;
  }

  async setClock(name: string, state: ClockState): Promise<void> {
    await this.#run('gexSetClock', name, [JSON.stringify(state), name === '' ? 1 : 0]);
  }

  async close(): Promise<void> {}

  #run(script: Script, apiKey: string, values: readonly (string | number)[]): Promise<unknown> {
    const { redis, prefix, maxKeys, ownKeys = maxKeys } = this.#options;
    this.#remember(apiKey, ownKeys);
    const name = hashOf(apiKey);
    const keys = [`${prefix}p:${name}`, `${prefix}c:${name}`, `${prefix}used`];
    return redis.run(script, keys, [prefix, name, this.#clock.now(), maxKeys, LIFE_SECONDS, ...values]);
  }

  /** For listing only: the most recently used keys of this server. */
  #remember(apiKey: string, maxKeys: number): void {
    if (apiKey === '') return;
    this.#keys.delete(apiKey);
    this.#keys.add(apiKey);
    if (this.#keys.size <= maxKeys) return;
    const [oldest] = this.#keys;
    if (oldest !== undefined) this.#keys.delete(oldest);
  }
}
