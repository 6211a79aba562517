import type { ServerResponse } from 'node:http';
import type { Ctx } from '../io/ctx.js';
import { maskKey } from './auth.js';
import type { Replay } from './replay.js';
import { secondsAt } from './seek.js';

export interface SyncOptions {
  /** Names this server to its listeners. */
  readonly id: string;
  /** Milliseconds between two batches. */
  readonly intervalMs: number;
}

/** Events written to a client and not yet taken by it; further ones are left out (contract section 4.5). */
const MAX_PENDING = 10;
/** Longest silence: proxies cut what says nothing. */
const HEARTBEAT_MS = 15_000;

/** Tells clients, as server-sent events, where their key stands (contract section 4.5). */
export class Sync {
  readonly #options: SyncOptions;
  readonly #replay: Replay;
  readonly #ctx: Ctx;
  readonly #closing = new AbortController();

  constructor(options: SyncOptions, replay: Replay, ctx: Ctx) {
    this.#options = options;
    this.#replay = replay;
    this.#ctx = ctx;
  }

  /** Sends a snapshot, then a batch every interval, until the client or the server leaves. */
  async run(apiKey: string, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    const signal = AbortSignal.any([gone.signal, this.#closing.signal]);
    response.once('close', () => gone.abort());
    const { clock } = this.#ctx;
    const { intervalMs } = this.#options;
    let pending = 0;
    let sequence = 0;
    const write = (text: string): void => {
      if (pending >= MAX_PENDING || response.destroyed) return;
      pending += 1;
      response.write(text, () => {
        pending -= 1;
      });
    };
    const tell = async (event: string): Promise<void> => {
      // Counted even when it is left out: a gap in the numbers tells the client that it read too slowly.
      sequence += 1;
      write(`event: ${event}\nid: ${sequence}\ndata: ${JSON.stringify(await this.#report(apiKey, sequence))}\n\n`);
    };
    try {
      await tell('snapshot');
      for (let dueMs = clock.now() + intervalMs; ; ) {
        const waitMs = dueMs - clock.now();
        await clock.sleep(Math.max(0, Math.min(waitMs, HEARTBEAT_MS)), signal);
        if (waitMs > HEARTBEAT_MS) write(': still here\n\n');
        else {
          await tell('batch');
          dueMs = Math.max(dueMs + intervalMs, clock.now());
        }
      }
    } catch (error) {
      if (!signal.aborted) this.#ctx.log.error('a sync stream ended', { error });
    } finally {
      response.end();
    }
  }

  /** Ends every stream. */
  close(): void {
    this.#closing.abort();
  }

  async #report(apiKey: string, sequence: number) {
    const { session, options } = this.#replay;
    const { library, playback } = session;
    const rotates = options.cacheMode === 'rotation';
    const positions: object[] = [];
    for (const [counter, next] of await playback.of(apiKey)) {
      const records = library.counters.get(counter)?.records;
      if (records === undefined) continue;
      const { length } = records;
      const index = rotates && length > 0 ? next % length : next;
      positions.push({
        cache_key: `${counter}/${maskKey(apiKey)}`,
        index,
        data_length: length,
        data_timestamp: await secondsAt(records, index),
        exhausted: index >= length,
      });
    }
    return {
      broadcaster_id: this.#options.id,
      data_date: library.date,
      cache_mode: options.cacheMode,
      timestamp: this.#ctx.clock.now(),
      sequence,
      positions,
    };
  }
}
