import { GexError } from '../errors.js';
import type { RecordFile } from '../stores/archive/read.js';

/** From the first record of a day to a second after its last. Epoch milliseconds. */
export interface DaySpan {
  readonly startMs: number;
  readonly endMs: number;
}

/** How long the last record of a day stays: the vendor's data changes once per second at most (contract section 1.2). */
const LAST_RECORD_MS = 1000;

/** The span of the record files of one day; undefined when no record of theirs has a timestamp. */
export async function spanOf(files: readonly RecordFile[]): Promise<DaySpan | undefined> {
  const ends: number[] = [];
  for (const file of files) {
    if (file.length > 0) ends.push(await file.timestampMs(0), await file.timestampMs(file.length - 1));
  }
  const known = ends.filter(Number.isFinite);
  return known.length === 0 ? undefined : { startMs: Math.min(...known), endMs: Math.max(...known) + LAST_RECORD_MS };
}

/** Days in a row without the nights between them: milliseconds elapsed on the line <-> instants of the records. */
export class Timeline {
  readonly lengthMs: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly #days: readonly DaySpan[];

  /** Ascending days. Throws `data` when there is none. */
  constructor(days: readonly DaySpan[]) {
    const [first] = days;
    if (first === undefined) {
      throw new GexError('data', 'No record has a timestamp, so no clock can run over them: serve by request instead.');
    }
    this.#days = days;
    this.startMs = first.startMs;
    this.endMs = (days.at(-1) ?? first).endMs;
    this.lengthMs = days.reduce((total, day) => total + day.endMs - day.startMs, 0);
  }

  /** The instant that lies `elapsedMs` behind the start. */
  instantAt(elapsedMs: number): number {
    let restMs = Math.max(0, elapsedMs);
    for (const { startMs, endMs } of this.#days) {
      if (restMs < endMs - startMs) return startMs + restMs;
      restMs -= endMs - startMs;
    }
    return this.endMs;
  }

  /** What lies behind an instant; that of the next morning at night, the whole line after its end. */
  elapsedAt(instantMs: number): number {
    let elapsedMs = 0;
    for (const { startMs, endMs } of this.#days) {
      if (instantMs < endMs) return elapsedMs + Math.max(0, instantMs - startMs);
      elapsedMs += endMs - startMs;
    }
    return elapsedMs;
  }
}
