import { newYorkInstant } from '../../core/calendar.js';
import { GexError } from '../../errors.js';
import { timestampOf } from './timestamp.js';

/** What the lines of a record file say of themselves. Times are epoch milliseconds. */
export interface LineSummary {
  readonly bytes: number;
  /** The first and the last record, parsed; undefined when there are no lines. */
  readonly first: unknown;
  readonly last: unknown;
  /** Of the first and the last record with a timestamp; undefined when there is none. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  /** Records without a timestamp. */
  readonly untimed: number;
  /** Records earlier than the one before them. */
  readonly backwards: number;
  /** Records of another New York date than the file's. */
  readonly outside: number;
  /** Pairs of neighbours more than 120 s apart, and the widest of them. */
  readonly gaps: number;
  readonly widestGap: { readonly fromMs: number; readonly toMs: number } | undefined;
}

/** A line, of which so much is kept. */
interface Line {
  readonly head: Buffer;
  readonly bytes: number;
}

const LF = 10;
/** The vendor sends a record a second; the audit of an archive calls this a gap. */
const GAP_MS = 120_000;
/** So much of a line is kept while it spans chunks; no record comes near it. */
const HEAD_BYTES = 8 * 1024 * 1024;

/**
 * Sums up the lines of a record file while they are written: a search for `"timestamp"` per line, parsing of the first and
 * the last one only. Memory: up to 8 MiB of three lines.
 */
export class LineSummarizer {
  readonly #name: string;
  readonly #dayMs: readonly [number, number];
  #parts: Buffer[] = [];
  #partBytes = 0;
  #lineBytes = 0;
  #bytes = 0;
  #first: Line | undefined;
  #last: Line | undefined;
  #firstMs: number | undefined;
  #lastMs: number | undefined;
  #untimed = 0;
  #backwards = 0;
  #outside = 0;
  #gaps = 0;
  #widestGap: LineSummary['widestGap'];

  /** `name` begins the messages of errors; `date` (`YYYY-MM-DD`) is the New York date the records should have, if any. */
  constructor(name: string, date?: string) {
    this.#name = name;
    const isKnown = date !== undefined;
    this.#dayMs = isKnown ? [newYorkInstant(date, 0, 0), newYorkInstant(date, 24, 0)] : [-Infinity, Infinity];
  }

  /** The next bytes of the file, which may end within a line; they may be reused afterwards. */
  push(bytes: Buffer): void {
    this.#bytes += bytes.length;
    let start = 0;
    let line: Line | undefined;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
      line = this.#lineEnding(bytes.subarray(start, end));
      this.#time(Math.round(timestampOf(line.head)));
      this.#first ??= copyOf(line);
      start = end + 1;
    }
    if (line) this.#last = copyOf(line);
    if (start < bytes.length) this.#keep(bytes.subarray(start));
  }

  /** GexError `data` when the first or the last line is no JSON. */
  finish(): LineSummary {
    const { first, last } = this.#ends();
    return {
      ...{ bytes: this.#bytes, first, last, firstMs: this.#firstMs, lastMs: this.#lastMs },
      ...{ untimed: this.#untimed, backwards: this.#backwards, outside: this.#outside },
      ...{ gaps: this.#gaps, widestGap: this.#widestGap },
    };
  }

  /** The line that ends with `part`. */
  #lineEnding(part: Buffer): Line {
    if (this.#lineBytes === 0) return { head: part, bytes: part.length };
    this.#keep(part);
    const line = { head: Buffer.concat(this.#parts), bytes: this.#lineBytes };
    this.#parts = [];
    this.#partBytes = 0;
    this.#lineBytes = 0;
    return line;
  }

  #keep(part: Buffer): void {
    const kept = part.subarray(0, HEAD_BYTES - this.#partBytes);
    if (kept.length > 0) this.#parts.push(Buffer.from(kept));
    this.#partBytes += kept.length;
    this.#lineBytes += part.length;
  }

  #time(atMs: number): void {
    if (!Number.isFinite(atMs)) {
      this.#untimed++;
      return;
    }
    const fromMs = this.#lastMs ?? atMs;
    if (atMs < fromMs) this.#backwards++;
    if (atMs < this.#dayMs[0] || atMs >= this.#dayMs[1]) this.#outside++;
    if (atMs - fromMs > GAP_MS) this.#gap(fromMs, atMs);
    this.#firstMs ??= atMs;
    this.#lastMs = atMs;
  }

  #gap(fromMs: number, toMs: number): void {
    this.#gaps++;
    const widest = this.#widestGap;
    if (!widest || toMs - fromMs > widest.toMs - widest.fromMs) this.#widestGap = { fromMs, toMs };
  }

  #ends(): Pick<LineSummary, 'first' | 'last'> {
    if (!this.#first || !this.#last) return { first: undefined, last: undefined };
    const first = parsed(this.#first, `${this.#name}: its first record`);
    return { first, last: parsed(this.#last, `${this.#name}: its last record`) };
  }
}

const copyOf = ({ head, bytes }: Line): Line => ({ head: Buffer.from(head.subarray(0, HEAD_BYTES)), bytes });

function parsed({ head, bytes }: Line, what: string): unknown {
  if (bytes > head.length)
    throw new GexError('data', `${what} has ${bytes} bytes, more than ${HEAD_BYTES}; is it the right file?`);
  try {
    return JSON.parse(head.toString());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GexError('data', `${what} is not valid JSON (${reason}); fetch it again`, { cause });
  }
}
