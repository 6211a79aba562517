import type { LineIndex } from '../../io/lines.js';

const LF = 10;
const CR = 13;

/** Where the lines of a file are that grows, and now and then loses its last one. Memory: 16 bytes per line. */
export class GrowingIndex implements LineIndex {
  readonly tornBytes = 0;
  starts = new Float64Array(1024);
  ends = new Float64Array(1024);
  length = 0;
  /** File offset behind the last line: where the next chunk begins. */
  end = 0;

  /** The last line, of which there must be one. */
  get last(): { readonly start: number; readonly end: number } {
    return { start: this.starts[this.length - 1] as number, end: this.ends[this.length - 1] as number };
  }

  /** Adds the lines of a chunk that begins at `end`; what follows its last newline comes again with the next chunk. */
  push(chunk: Buffer): void {
    const base = this.end;
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, at + 1)) {
      const end = base + at;
      this.#add(this.end, at > 0 && chunk[at - 1] === CR ? end - 1 : end);
      this.end = end + 1;
    }
  }

  /** Takes the bytes up to `end` as a line without its newline. */
  close(end: number): void {
    this.#add(this.end, end);
    this.end = end;
  }

  /** Drops the lines that end behind a file's new size. */
  cutTo(size: number): void {
    while (this.length > 0 && this.last.end > size) this.pop();
    if (this.end > size) this.end = this.length > 0 ? Math.min(size, this.last.end) : 0;
  }

  /** Drops the last line; its place is read again. */
  pop(): void {
    this.end = this.last.start;
    this.length -= 1;
  }

  #add(start: number, end: number): void {
    if (end <= start) return;
    if (this.length === this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    this.starts[this.length] = start;
    this.ends[this.length] = end;
    this.length += 1;
  }
}

function doubled(column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * column.length);
  larger.set(column);
  return larger;
}
