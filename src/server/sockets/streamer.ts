import type { Ctx } from '../../io/ctx.js';
import { nextRecord } from '../next-record.js';
import type { Replay, Session } from '../replay.js';
import type { Audience, Audiences, Feed, Groups } from './audiences.js';
import { type Broadcast, Broadcasts, type Made, type Taken } from './broadcasts.js';
import type { Figures } from './figures.js';
import { LiveStreamer, type LiveTick } from './live-streamer.js';

/** What one tick has done so far. */
interface Tick extends LiveTick {
  readonly session: Session;
  readonly made: Made;
  /** Spot groups that have got their price. */
  readonly spotted: Set<Groups>;
}

/** Sends every audience the next record of what it listens to (contract section 4.4). */
export class Streamer {
  readonly #replay: Replay;
  readonly #audiences: Audiences;
  readonly #figures: Figures;
  readonly #ctx: Ctx;
  readonly #broadcasts: Broadcasts;
  readonly #live: LiveStreamer;

  constructor(replay: Replay, audiences: Audiences, figures: Figures, ctx: Ctx) {
    this.#replay = replay;
    this.#audiences = audiences;
    this.#figures = figures;
    this.#ctx = ctx;
    this.#broadcasts = new Broadcasts(figures, ctx.log);
    this.#live = new LiveStreamer(this.#broadcasts);
  }

  /** Ticks on multiples of the interval, so on whole seconds at 1 s, until aborted; a tick that is late skips the next. */
  async run(intervalMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#ctx;
    for (
      let due = nextMultiple(clock.now(), intervalMs);
      !signal.aborted;
      due = nextMultiple(clock.now(), intervalMs)
    ) {
      // A timer may fire a moment early; the tick is not to happen twice for it.
      while (clock.now() < due) await clock.sleep(due - clock.now(), signal);
      await this.tick();
      this.#figures.ticked(clock.now() - due);
    }
  }

  /** One tick: each API key takes one record of each stream it listens to, for all its connections; live, what is new. */
  async tick(): Promise<void> {
    if (this.#replay.reloading) return;
    const { session } = this.#replay;
    const tick: Tick = { session, made: new Map(), spotted: new Set(), welcomed: new Map() };
    const reading: Promise<void>[] = [];
    for (const [apiKey, audience] of this.#audiences) {
      for (const feed of audience.feeds.values()) {
        const served = session.live
          ? this.#live.serve(tick, session.live, { audience, feed })
          : this.#serve(tick, apiKey, audience, feed);
        if (served !== undefined) reading.push(served);
      }
    }
    await Promise.all(reading);
  }

  #serve(tick: Tick, apiKey: string, audience: Audience, feed: Feed): Promise<void> | undefined {
    const { session } = tick;
    const stream = session.library.find(feed.ticker, feed.package, feed.category);
    if (stream === undefined) return undefined;
    const deliver = (taken: Taken | undefined): void => {
      if (taken === undefined || isRepeated(feed, session, taken.index)) return;
      feed.sent = { session, index: taken.index };
      const broadcast = this.#broadcasts.of(tick.made, stream, taken);
      if (broadcast !== undefined) this.#deliver(tick, broadcast, feed, audience);
    };
    const failed = (error: unknown): void => this.#broadcasts.warn(stream, error);
    try {
      const turn = nextRecord(session, { apiKey, counter: stream.counters.socket, stream }, takeRecord);
      if (turn instanceof Promise) return turn.then(deliver).catch(failed);
      deliver(turn);
    } catch (error) {
      failed(error);
    }
    return undefined;
  }

  #deliver({ spotted }: Tick, broadcast: Broadcast, feed: Feed, audience: Audience): void {
    this.#broadcasts.send(broadcast, feed.groups);
    const spots = audience.spots.get(`${feed.spotHub}/${feed.ticker}`);
    if (spots === undefined || spotted.has(spots)) return;
    spotted.add(spots);
    this.#broadcasts.sendSpot(broadcast, spots);
  }
}

/** A clock that has not reached another record gives the same one again. */
function isRepeated({ sent }: Feed, session: Session, index: number): boolean {
  return session.clocks !== undefined && sent?.session === session && sent.index === index;
}

const takeRecord = (record: Buffer, index: number): Taken => ({ record, index });

function nextMultiple(nowMs: number, intervalMs: number): number {
  return (Math.floor(nowMs / intervalMs) + 1) * intervalMs;
}
