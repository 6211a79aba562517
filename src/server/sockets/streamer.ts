import type { Ctx } from '../../io/ctx.js';
import { encodePayload, encodeSpot, type Payload } from '../../wire/payload.js';
import type { LoadedStream } from '../library.js';
import { nextRecord } from '../next-record.js';
import type { Replay, Session } from '../replay.js';
import type { Audience, Audiences, Feed, Groups } from './audiences.js';
import type { Figures } from './figures.js';
import { GroupMessage } from './message.js';

/** One record of one tick, encoded at most once whoever receives it. */
interface Broadcast {
  readonly payload: Payload;
  spot: Payload | undefined;
  readonly messages: Map<string, GroupMessage>;
}

/** What one tick has done so far. */
interface Tick {
  readonly session: Session;
  readonly made: Map<LoadedStream, Map<number, Broadcast | undefined>>;
  /** Spot groups that have got their price. */
  readonly spotted: Set<Groups>;
}

/** Sends every audience the next record of what it listens to (contract section 4.4). */
export class Streamer {
  readonly #replay: Replay;
  readonly #audiences: Audiences;
  readonly #figures: Figures;
  readonly #ctx: Ctx;

  constructor(replay: Replay, audiences: Audiences, figures: Figures, ctx: Ctx) {
    this.#replay = replay;
    this.#audiences = audiences;
    this.#figures = figures;
    this.#ctx = ctx;
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

  /** One tick: each API key takes one record of each stream it listens to, for all its connections. */
  async tick(): Promise<void> {
    if (this.#replay.reloading) return;
    const tick: Tick = { session: this.#replay.session, made: new Map(), spotted: new Set() };
    const reading: Promise<void>[] = [];
    for (const [apiKey, audience] of this.#audiences) {
      for (const feed of audience.feeds.values()) {
        const served = this.#serve(tick, apiKey, audience, feed);
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
      const broadcast = this.#broadcast(tick, stream, taken);
      if (broadcast !== undefined) this.#deliver(tick, broadcast, feed, audience);
    };
    const failed = (error: unknown): void => this.#warn(stream, error);
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
    this.#send(broadcast, feed.groups, broadcast.payload);
    const spots = audience.spots.get(`${feed.spotHub}/${feed.ticker}`);
    if (spots === undefined || spotted.has(spots)) return;
    spotted.add(spots);
    broadcast.spot ??= encodeSpot(broadcast.payload.head);
    this.#send(broadcast, spots, broadcast.spot);
  }

  #send({ messages }: Broadcast, groups: Groups, payload: Payload): void {
    for (const [group, members] of groups) {
      const message = messages.get(group) ?? new GroupMessage(group, payload);
      messages.set(group, message);
      // A receiver that is ended while sending leaves the set.
      for (const connection of members) connection.send(message);
      this.#figures.messages += members.size;
    }
  }

  /** Undefined for a damaged record, which is passed over: a stream must not stop at it. */
  #broadcast({ made }: Tick, stream: LoadedStream, { record, index }: Taken): Broadcast | undefined {
    const byIndex = made.get(stream) ?? new Map<number, Broadcast | undefined>();
    made.set(stream, byIndex);
    if (byIndex.has(index)) return byIndex.get(index);
    let broadcast: Broadcast | undefined;
    try {
      const payload = encodePayload(stream.key, record);
      this.#figures.encodes += 1;
      if (payload.saturated > 0)
        this.#ctx.log.warn('numbers too large for their protobuf fields', place(stream, index));
      broadcast = { payload, spot: undefined, messages: new Map() };
    } catch (error) {
      this.#warn(stream, error, index);
    }
    byIndex.set(index, broadcast);
    return broadcast;
  }

  #warn(stream: LoadedStream, error: unknown, index?: number): void {
    this.#ctx.log.warn('a record could not be sent to sockets', { ...place(stream, index), error });
  }
}

interface Taken {
  readonly record: Buffer;
  readonly index: number;
}

/** A clock that has not reached another record gives the same one again. */
function isRepeated({ sent }: Feed, session: Session, index: number): boolean {
  return session.clocks !== undefined && sent?.session === session && sent.index === index;
}

const takeRecord = (record: Buffer, index: number): Taken => ({ record, index });

function nextMultiple(nowMs: number, intervalMs: number): number {
  return (Math.floor(nowMs / intervalMs) + 1) * intervalMs;
}

function place({ records }: LoadedStream, index: number | undefined): Record<string, unknown> {
  return { file: records.path, ...(index !== undefined && { record: index }) };
}
