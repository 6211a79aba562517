import type { LoadedStream } from './library.js';
import type { Session } from './replay.js';

/** Who asks for the next record of what. */
export interface Turn {
  readonly apiKey: string;
  /** One of the stream's `counters`: what shares a counter shares a position. */
  readonly counter: string;
  readonly stream: LoadedStream;
}

/**
 * The record an API key gets of a stream now, for REST and sockets alike. `serve` makes the answer of its stored bytes;
 * when it throws, or reading fails, the position stays. Undefined: there is none. Rejects with `storage`.
 */
export function nextRecord<T>(
  { library, playback }: Session,
  { apiKey, counter, stream: { records } }: Turn,
  serve: (record: Buffer, index: number) => T,
): T | undefined | Promise<T | undefined> {
  const turn = playback.take(apiKey, counter, records.length, (index) => {
    const record = records.line(index);
    return record instanceof Promise ? record.then((bytes) => serve(bytes, index)) : serve(record, index);
  });
  return turn instanceof Promise ? library.hold(turn) : turn;
}
