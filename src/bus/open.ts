import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import type { Bus } from './bus.js';

interface BusOptions {
  /** `memory:`, or where a server is; may hold a password. */
  readonly url: string;
  /** That a topic keeps, about. */
  readonly maxMessages: number;
}

type Opener = (options: BusOptions, ctx: Ctx) => Promise<Bus | undefined>;

const redis: Opener = async (options, ctx) => (await import('./redis-streams.js')).openRedisStreams(options, ctx);

/** By scheme of the address. In the memory of one process nobody listens, so there is nothing to open. */
const KINDS: Readonly<Record<string, Opener>> = {
  'memory:': async () => undefined,
  'redis:': redis,
  'rediss:': redis,
  'kafka:': async () => {
    throw new GexError('usage', 'A bus of Kafka does not exist yet: give memory: or a redis:// address.');
  },
};

/**
 * Connects to the bus of an address; undefined where no other process can be told. GexError `usage` for an address that is
 * none, `storage` when nobody answers there.
 */
export async function openBus(options: BusOptions, ctx: Ctx): Promise<Bus | undefined> {
  const open = KINDS[/^[a-z]+:/.exec(options.url)?.[0] ?? ''];
  if (open) return open(options, ctx);
  throw new GexError(
    'usage',
    'The address of the bus is not valid: give memory:, or one such as redis://127.0.0.1:6379 or rediss://HOST:6380.',
  );
}
