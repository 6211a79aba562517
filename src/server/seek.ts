import { GexError } from '../errors.js';
import { reachedAt } from './next-record.js';
import type { Session } from './replay.js';

/** Where a seek put one counter. */
interface SeekDetail {
  readonly counter: string;
  /** Index of the record served next; the length of the stream when all are earlier. */
  readonly index: number;
  /** Unix seconds of that record, 0 when there is none. */
  readonly timestamp: number;
}

/**
 * Moves a key, REST and sockets, to an instant of the records: every position goes to the first record at or after it;
 * in clock mode the clock goes there, and the record served is the last one it has reached. Without a key the shared
 * clock is meant. Throws `usage` for an instant outside the records of a clock, or a key missing or one too many.
 */
export async function seek(session: Session, apiKey: string | undefined, instantMs: number): Promise<SeekDetail[]> {
  const { library, playback, clocks } = session;
  if (clocks === undefined) {
    if (apiKey === undefined) throw new GexError('usage', 'Every API key has its own positions: name one as "key".');
    const details = await locate(session, (records) => records.indexAt(instantMs));
    await playback.set(
      apiKey,
      details.map(({ counter, index }) => [counter, index]),
    );
    return details;
  }
  const { startMs, endMs } = clocks.timeline;
  if (!(instantMs >= startMs && instantMs <= endMs)) {
    const [first, last] = [startMs, endMs].map((ms) => new Date(ms).toISOString());
    throw new GexError('usage', `The records of ${library.date} are from ${first} to ${last}; give a time in between.`);
  }
  const { instantMs: reachedMs } = await clocks.change(apiKey, { toMs: instantMs });
  await playback.reset(apiKey, 'positions');
  return locate(session, async (records) => Math.max(0, await reachedAt(records, reachedMs)));
}

type Records = Session['library']['streams'][number]['records'];

async function locate({ library }: Session, indexOf: (records: Records) => Promise<number>): Promise<SeekDetail[]> {
  const details: SeekDetail[] = [];
  const found = new Map<Records, Omit<SeekDetail, 'counter'>>();
  for (const [counter, { records }] of library.counters) {
    let place = found.get(records);
    if (place === undefined) {
      const index = await indexOf(records);
      place = { index, timestamp: await secondsAt(records, index) };
      found.set(records, place);
    }
    details.push({ counter, ...place });
  }
  return details;
}

/** Unix seconds of a record, 0 past the last one or without a timestamp. */
export async function secondsAt(records: Records, index: number): Promise<number> {
  const ms = index < records.length ? await records.timestampMs(index) : 0;
  return Number.isFinite(ms) ? ms / 1000 : 0;
}

/** The instant of the next record of any stream, the reading's own when there is none. */
export async function nextInstant({ library }: Session, instantMs: number): Promise<number> {
  let nextMs = Number.POSITIVE_INFINITY;
  for (const { records } of library.streams) {
    const next = (await reachedAt(records, instantMs)) + 1;
    if (next < records.length) nextMs = Math.min(nextMs, await records.timestampMs(next));
  }
  return Number.isFinite(nextMs) ? nextMs : instantMs;
}
