import type { Redis } from 'ioredis';
import type { Ctx, Log, LogFields } from '../io/ctx.js';
import type { Batch, Bus } from './bus.js';
import { joined, type Loss, Losses, type Span } from './losses.js';
import { connectRedis, PATIENCE_MS } from './redis-connection.js';

interface RedisStreamsOptions {
  readonly url: string;
  /** That a stream keeps, about. */
  readonly maxMessages: number;
}

/** What may be on its way to a server that is slow. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

/**
 * A bus of Redis Streams: a stream per topic, entries with the fields `key` and `data`, the oldest ones dropped. A server
 * that goes away is waited for beside the work. GexError `usage`, `storage`.
 */
export async function openRedisStreams({ url, maxMessages }: RedisStreamsOptions, { log }: Ctx): Promise<Bus> {
  // A server that hangs keeps its connection: without an answer it is left, with all that waits for it.
  const { redis, place } = await connectRedis(url, log, { socketTimeout: PATIENCE_MS });
  return new RedisStreams({ redis, place, maxMessages, log });
}

interface Parts {
  readonly redis: Redis;
  readonly place: string;
  readonly maxMessages: number;
  readonly log: Log;
}

class RedisStreams implements Bus {
  readonly #parts: Parts;
  /** Calls under way, each with the messages that are lost when it fails. */
  readonly #waiting = new Map<Promise<unknown>, Loss>();
  readonly #untold = new Losses();
  #waitingBytes = 0;
  #lost: Span | undefined;
  #isWarned = false;
  #isClosed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.redis.on('ready', () => void this.#tell());
  }

  publish({ topic, key, atMs, messages }: Batch): void {
    const loss = { topic, key, fromMs: atMs, toMs: atMs, count: 1 };
    const bytes = messages.reduce((sum, { length }) => sum + length, 0);
    const why = this.#refusal(bytes);
    if (why !== undefined) {
      this.#lose({ ...loss, count: messages.length }, why);
      return;
    }
    void this.#tell();
    for (const message of messages) {
      const sent = this.#add(loss, message).catch((error: Error) => this.#lose(loss, error.message));
      this.#waiting.set(sent, loss);
      void sent.then(() => this.#waiting.delete(sent));
    }
  }

  async close(): Promise<void> {
    const { redis, place, log } = this.#parts;
    await settledWithin(PATIENCE_MS, [...this.#waiting.keys(), this.#tell()]);
    for (const loss of this.#waiting.values()) this.#lose(loss, 'Redis does not answer');
    this.#isClosed = true;
    redis.disconnect();
    if (this.#lost) log.warn(`messages are missing on the bus at ${place}`, fieldsOf(this.#lost));
  }

  #refusal(bytes: number): string | undefined {
    if (this.#parts.redis.status !== 'ready') return 'Redis does not answer';
    return this.#waitingBytes + bytes > MAX_WAITING_BYTES ? 'Redis is too slow' : undefined;
  }

  async #add({ topic, key }: Loss, message: Uint8Array): Promise<void> {
    const { redis, maxMessages } = this.#parts;
    this.#waitingBytes += message.length;
    try {
      await redis.xadd(topic, 'MAXLEN', '~', maxMessages, '*', 'key', key, 'data', message as Buffer);
    } finally {
      this.#waitingBytes -= message.length;
    }
  }

  #lose(loss: Loss, why: string): void {
    if (this.#isClosed) return;
    this.#untold.add(loss);
    this.#lost = joined(this.#lost, loss);
    if (this.#isWarned) return;
    this.#isWarned = true;
    const { log, place } = this.#parts;
    log.warn(`nothing reaches the bus at ${place} for now, recording goes on`, { why });
  }

  /** Says what is missing, before anything that is published after it. */
  async #tell(): Promise<void> {
    const untold = this.#untold.take();
    const told = await Promise.all(untold.map((loss) => this.#tellOf(loss)));
    const [first, ...more] = told.flat();
    if (first === undefined) return;
    this.#isWarned = false;
    const { log, place } = this.#parts;
    log.info(`the bus at ${place} takes messages again, some are missing`, fieldsOf(more.reduce(joined, first)));
  }

  async #tellOf(loss: Loss): Promise<Span[]> {
    const { fromMs: from, toMs: to, count } = loss;
    try {
      await this.#add(loss, Buffer.from(JSON.stringify({ type: 'lost', from, to, count })));
      return [loss];
    } catch {
      this.#untold.add(loss); // the next call tells of it
      return [];
    }
  }
}

function fieldsOf({ fromMs, toMs, count }: Span): LogFields {
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), count };
}

async function settledWithin(ms: number, promises: readonly Promise<unknown>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([Promise.allSettled(promises), late]);
  clearTimeout(timer);
}
