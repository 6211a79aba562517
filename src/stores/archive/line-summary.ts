import { createHash } from 'node:crypto';
import { newYorkInstant } from '../../core/calendar.js';
import { timestampOf } from './timestamp.js';

/** What the lines of a record file say of themselves. Times are epoch milliseconds. */
export interface LineSummary {
  /** Of the bytes, in hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  /** Of the first and the last record with a timestamp; undefined when there is none. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  /** Records without a timestamp (in their first MiB). */
  readonly untimed: number;
  /** Records earlier than the one before them. */
  readonly backwards: number;
  /** Records of another New York date. */
  readonly outside: number;
  /** Pairs of neighbours more than 120 s apart, and the widest of them. */
  readonly gaps: number;
  readonly widestGap: { readonly fromMs: number; readonly toMs: number } | undefined;
  /** Bytes of the first and the last line, without newline; 0 when there is none. */
  readonly firstLineBytes: number;
  readonly lastLineBytes: number;
}

const LF = 10;
/** The vendor sends a record a second; the audit of an archive calls this a gap. */
const GAP_MS = 120_000;
/** A timestamp is looked for in so much of a line that spans chunks. */
const HEAD_BYTES = 1024 * 1024;

/** Sums up the lines of a record file while they are written: a hash and a search for `"timestamp"` per line, no parsing. */
export class LineSummarizer {
  readonly #hash = createHash('sha256');
  readonly #dayMs: readonly [number, number];
  /** What has come of the line under way, as far as it is kept, and how long it is so far. */
  #head: Buffer = Buffer.alloc(0);
  #lineBytes = 0;
  #bytes = 0;
  #firstLineBytes: number | undefined;
  #lastLineBytes = 0;
  #firstMs: number | undefined;
  #lastMs: number | undefined;
  #untimed = 0;
  #backwards = 0;
  #outside = 0;
  #gaps = 0;
  #widestGap: LineSummary['widestGap'];

  /** `date` (`YYYY-MM-DD`) is the New York date the records should have. */
  constructor(date: string) {
    const startMs = newYorkInstant(date, 0, 0);
    this.#dayMs = [startMs, newYorkInstant(date, 24, 0)];
  }

  /** The next bytes of the file, which may end within a line. */
  push(bytes: Buffer): void {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    let start = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
      const part = bytes.subarray(start, end);
      this.#line(this.#lineBytes === 0 ? part : this.#headWith(part), this.#lineBytes + part.length);
      start = end + 1;
    }
    const rest = bytes.subarray(start);
    this.#head = this.#headWith(rest);
    this.#lineBytes += rest.length;
  }

  finish(): LineSummary {
    return {
      ...{ sha256: this.#hash.digest('hex'), bytes: this.#bytes },
      ...{ firstMs: this.#firstMs, lastMs: this.#lastMs },
      ...{ untimed: this.#untimed, backwards: this.#backwards, outside: this.#outside },
      ...{ gaps: this.#gaps, widestGap: this.#widestGap },
      ...{ firstLineBytes: this.#firstLineBytes ?? 0, lastLineBytes: this.#lastLineBytes },
    };
  }

  /** A copy of the line under way with what follows. */
  #headWith(part: Buffer): Buffer {
    const room = HEAD_BYTES - this.#head.length;
    return room > 0 ? Buffer.concat([this.#head, part.subarray(0, room)]) : this.#head;
  }

  #line(line: Buffer, length: number): void {
    this.#head = Buffer.alloc(0);
    this.#lineBytes = 0;
    this.#firstLineBytes ??= length;
    this.#lastLineBytes = length;
    const atMs = Math.round(timestampOf(line));
    if (Number.isFinite(atMs)) this.#time(atMs);
    else this.#untimed++;
  }

  #time(atMs: number): void {
    const fromMs = this.#lastMs ?? atMs;
    if (atMs < fromMs) this.#backwards++;
    if (atMs < this.#dayMs[0] || atMs >= this.#dayMs[1]) this.#outside++;
    if (atMs - fromMs > GAP_MS) {
      this.#gaps++;
      const widest = this.#widestGap;
      if (!widest || atMs - fromMs > widest.toMs - widest.fromMs) this.#widestGap = { fromMs, toMs: atMs };
    }
    this.#firstMs ??= atMs;
    this.#lastMs = atMs;
  }
}
