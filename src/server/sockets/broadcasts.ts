import type { Log } from '../../io/ctx.js';
import { encodePayload, encodeSpot, type Payload } from '../../wire/payload.js';
import type { LoadedStream } from '../library.js';
import type { Groups } from './audiences.js';
import type { Connection } from './connection.js';
import type { Figures } from './figures.js';
import { GroupMessage } from './message.js';

/** One record of one tick, encoded at most once whoever receives it. */
export interface Broadcast {
  readonly payload: Payload;
  spot: Payload | undefined;
  readonly messages: Map<string, GroupMessage>;
}

/** A record as it was read. */
export interface Taken {
  readonly record: Buffer;
  readonly index: number;
}

/** The records that one tick has encoded, by stream and index; undefined: damaged. */
export type Made = Map<LoadedStream, Map<number, Broadcast | undefined>>;

/** Turns records into messages and hands them to connections. */
export class Broadcasts {
  readonly #figures: Figures;
  readonly #log: Log;

  constructor(figures: Figures, log: Log) {
    this.#figures = figures;
    this.#log = log;
  }

  /** Undefined for a damaged record, which is passed over: a stream must not stop at it. */
  of(made: Made, stream: LoadedStream, { record, index }: Taken): Broadcast | undefined {
    const byIndex = made.get(stream) ?? new Map<number, Broadcast | undefined>();
    made.set(stream, byIndex);
    if (byIndex.has(index)) return byIndex.get(index);
    let broadcast: Broadcast | undefined;
    try {
      const payload = encodePayload(stream.key, record);
      this.#figures.encodes += 1;
      if (payload.saturated > 0) this.#log.warn('numbers too large for their protobuf fields', place(stream, index));
      broadcast = { payload, spot: undefined, messages: new Map() };
    } catch (error) {
      this.warn(stream, error, index);
    }
    byIndex.set(index, broadcast);
    return broadcast;
  }

  /** Sends a record to the members of groups, or to `only` those of them. */
  send(broadcast: Broadcast, groups: Groups, only?: ReadonlySet<Connection>): void {
    this.#send(broadcast, broadcast.payload, groups, only);
  }

  /** Sends the price of a record to spot groups, or to `only` those of their members. */
  sendSpot(broadcast: Broadcast, groups: Groups, only?: ReadonlySet<Connection>): void {
    broadcast.spot ??= encodeSpot(broadcast.payload.head);
    this.#send(broadcast, broadcast.spot, groups, only);
  }

  warn(stream: LoadedStream, error: unknown, index?: number): void {
    this.#log.warn('a record could not be sent to sockets', { ...place(stream, index), error });
  }

  #send({ messages }: Broadcast, payload: Payload, groups: Groups, only?: ReadonlySet<Connection>): void {
    for (const [group, members] of groups) {
      const message = messages.get(group) ?? new GroupMessage(group, payload);
      messages.set(group, message);
      // A receiver that is ended while sending leaves the set.
      for (const connection of members) {
        if (only !== undefined && !only.has(connection)) continue;
        connection.send(message);
        this.#figures.messages += 1;
      }
    }
  }
}

function place({ records }: LoadedStream, index: number | undefined): Record<string, unknown> {
  return { file: records.path, ...(index !== undefined && { record: index }) };
}
