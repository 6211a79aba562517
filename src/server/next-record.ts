import type { RecordFile } from '../stores/archive/read.js';
import type { Clocks } from './clocks.js';
import type { LoadedStream } from './library.js';
import type { LiveView } from './live/view.js';
import type { Soon, Take } from './positions.js';
import type { Session } from './replay.js';

/** Who asks for the record of what. */
interface Turn {
  readonly apiKey: string;
  /** One of the stream's `counters`: what shares a counter shares a position. */
  readonly counter: string;
  readonly stream: LoadedStream;
}

/** Makes the answer of a record's stored bytes. */
type Serve<T> = (record: Buffer, index: number) => T;

/**
 * The record an API key gets of a stream now, for REST and sockets alike: the next one, in clock mode the last one its
 * clock has reached, live the newest one. When `serve` throws, or reading fails, no position moves. Undefined: there is none (any more,
 * or yet). Rejects with `storage` when the store of positions does not answer.
 */
export function nextRecord<T>(
  session: Session,
  { apiKey, counter, stream }: Turn,
  serve: Serve<T>,
): Soon<T | undefined> {
  const { records } = stream;
  const take: Take = { apiKey, counter, length: records.length };
  const { library, playback, clocks, live } = session;
  if (live !== undefined) {
    const turn = serveNewest(session, { live, stream, serve });
    return turn instanceof Promise ? library.hold(turn) : turn;
  }
  const turn =
    clocks === undefined
      ? playback.take(take, (index) => serveAt(session, { records, serve }, index))
      : serveByClock({ ...session, clocks }, take, { records, serve });
  return turn instanceof Promise ? library.hold(turn) : turn;
}

/** The last record at or before an instant, -1 when all are later. */
export async function reachedAt(records: RecordFile, instantMs: number): Promise<number> {
  return (await records.indexAt(Math.floor(instantMs) + 1)) - 1;
}

interface Newest<T> {
  readonly live: LiveView;
  readonly stream: LoadedStream;
  readonly serve: Serve<T>;
}

function serveNewest<T>(session: Session, { live, stream, serve }: Newest<T>): Soon<T | undefined> {
  const { records } = stream;
  const serveIndex = (index: number): Soon<T | undefined> =>
    index < 0 ? undefined : serveAt(session, { records, serve }, index);
  const reached = live.reached(stream);
  return reached instanceof Promise ? reached.then(serveIndex) : serveIndex(reached);
}

interface Source<T> {
  readonly records: RecordFile;
  readonly serve: Serve<T>;
}

function serveAt<T>({ faults }: Pick<Session, 'faults'>, { records, serve }: Source<T>, index: number): Soon<T> {
  const shown = faults.active ? Math.max(0, index - (faults.decide('record')?.behind ?? 0)) : index;
  const record = records.line(shown);
  return record instanceof Promise ? record.then((bytes) => serve(bytes, shown)) : serve(record, shown);
}

async function serveByClock<T>(
  session: Session & { readonly clocks: Clocks },
  take: Take,
  source: Source<T>,
): Promise<T | undefined> {
  const { playback, clocks } = session;
  const { records } = source;
  const { apiKey, counter } = take;
  const { instantMs, state } = await clocks.read(apiKey);
  const reached = await reachedAt(records, instantMs);
  if (state.speed === 'max' && !state.paused) {
    const jump = { from: Math.max(reached, 0), rotates: state.loop };
    return playback.take({ ...take, jump }, async (index) => {
      const value = await serveAt(session, source, index);
      await clocks.reach(apiKey, await records.timestampMs(index));
      return value;
    });
  }
  if (reached < 0) return undefined;
  const value = await serveAt(session, source, reached);
  await playback.set(apiKey, [[counter, reached + 1]]);
  return value;
}
