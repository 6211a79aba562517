const LF = 10;
const CR = 13;
const CLOSING_BRACE = 0x7d;

/** Where the lines of a file are. Line i is bytes `starts[i]` to `ends[i]` (exclusive, without CR and LF). */
export interface LineIndex {
  readonly length: number;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** Bytes at the end that are not a whole record: a write that was cut. They are not part of any line. */
  readonly tornBytes: number;
}

/**
 * Builds a line index from consecutive chunks of a file: no copy, no parsing, lines of any length, offsets beyond 4 GB.
 * Empty lines are skipped and CRLF is tolerated. Memory: 16 bytes per line.
 */
export class LineIndexer {
  #starts = new Float64Array(1024);
  #ends = new Float64Array(1024);
  #count = 0;
  /** File offset of the next chunk, and of the line that is being read. */
  #offset = 0;
  #lineStart = 0;
  #lastByte = LF;

  push(chunk: Buffer): void {
    const base = this.#offset;
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, at + 1)) {
      const before = at > 0 ? (chunk[at - 1] as number) : this.#lastByte;
      this.#add(base + at - (before === CR ? 1 : 0));
      this.#lineStart = base + at + 1;
    }
    if (chunk.length > 0) this.#lastByte = chunk[chunk.length - 1] as number;
    this.#offset += chunk.length;
  }

  /**
   * Ends the index of a JSONL file. `tail(start, end)` gives bytes of the file again, for the last line only: it is torn
   * when it does not end with `}`, or has no newline and is not whole JSON.
   */
  async finish(tail: (start: number, end: number) => Buffer | Promise<Buffer>): Promise<LineIndex> {
    const size = this.#offset;
    const unfinished = this.#lineStart < size;
    if (unfinished) this.#add(size);
    const last = this.#count - 1;
    let torn = 0;
    if (last >= 0) {
      const bytes = await tail(this.#starts[last] as number, this.#ends[last] as number);
      if (!isWholeRecord(bytes, unfinished)) {
        torn = size - (this.#starts[last] as number);
        this.#count = last;
      }
    }
    return {
      length: this.#count,
      starts: this.#starts.slice(0, this.#count),
      ends: this.#ends.slice(0, this.#count),
      tornBytes: torn,
    };
  }

  #add(end: number): void {
    if (end <= this.#lineStart) return;
    if (this.#count === this.#starts.length) this.#grow();
    this.#starts[this.#count] = this.#lineStart;
    this.#ends[this.#count] = end;
    this.#count++;
  }

  #grow(): void {
    const size = this.#starts.length * 2;
    const starts = new Float64Array(size);
    const ends = new Float64Array(size);
    starts.set(this.#starts);
    ends.set(this.#ends);
    this.#starts = starts;
    this.#ends = ends;
  }
}

/** Whether the last line of a JSONL file is a whole record. A missing newline alone is no fault: other programs leave it out. */
export function isWholeRecord(line: Buffer, newlineMissing: boolean): boolean {
  let end = line.length;
  while (end > 0 && isBlank(line[end - 1] as number)) end--;
  if (line[end - 1] !== CLOSING_BRACE) return false;
  if (!newlineMissing) return true;
  try {
    JSON.parse(line.toString());
    return true;
  } catch {
    return false;
  }
}

const isBlank = (byte: number): boolean => byte === 32 || byte === 9 || byte === CR;
