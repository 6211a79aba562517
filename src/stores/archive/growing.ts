import { fstatSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { storageError } from '../../io/files.js';
import { isWholeRecord } from '../../io/lines.js';
import { GrowingIndex } from './growing-index.js';
import { type RecordFile, recordFile, spanReader } from './read.js';
import { timestampOf } from './timestamp.js';

/** A record file that another process appends to. Its records are those of the last `refresh`. */
export interface GrowingFile extends RecordFile {
  /** Epoch ms of the last record; NaN when there is none, or it has no `timestamp`. */
  readonly lastMs: number;
  /** Epoch ms at which the file was last written to. */
  readonly changedMs: number;
  /** The file's number on its disk: another file at the same path has another. */
  readonly inode: number;
  /** How often records were taken back: a writer that starts again cuts what a killed one left half done. */
  readonly cuts: number;
  /** Records that the last cut left. */
  readonly cutTo: number;
  /** Takes in what has been written since, at most a few MiB at once. Throws `storage`. */
  refresh(): void;
}

/** Of a file that was copied in whole, this much is taken in by one refresh: nothing else runs meanwhile. */
const MAX_GROWTH_BYTES = 4 << 20;
/** What is remembered of the last record, to see that it was not replaced: its timestamp and its first numbers. */
const MARK_BYTES = 160;

/** Opens a record file that may grow, with the records it has. Memory: 16 bytes per record. GexError `missing` or `storage`. */
export async function openGrowing(path: string): Promise<GrowingFile> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw storageError(error, 'read', path);
  });
  const growth = new Growth(path, handle);
  try {
    do {
      growth.refresh();
      await new Promise((resolve) => setImmediate(resolve));
    } while (growth.behind);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return growing(growth, recordFile(path, growth.index, growth));
}

/** The records of a file with what is known of its growth. Getters stay getters. */
function growing(growth: Growth, records: RecordFile): GrowingFile {
  return Object.defineProperties(records, {
    lastMs: { get: () => growth.lastMs },
    changedMs: { get: () => growth.changedMs },
    inode: { get: () => growth.inode },
    cuts: { get: () => growth.cuts },
    cutTo: { get: () => growth.cutTo },
    refresh: { value: () => growth.refresh() },
  }) as GrowingFile;
}

/** An open file and the lines found in it so far. */
class Growth {
  readonly index = new GrowingIndex();
  readonly read: (start: number, end: number) => Buffer | Promise<Buffer>;
  size = 0;
  lastMs = Number.NaN;
  changedMs = 0;
  inode = 0;
  cuts = 0;
  cutTo = 0;
  readonly #path: string;
  readonly #handle: FileHandle;
  /** The beginning of the last line. */
  #mark = Buffer.alloc(0);
  /** Bytes that are no whole line yet, at the last look. */
  #seen = 0;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
    this.read = spanReader(path, handle);
  }

  /** Whether there is more to take in than the last refresh did. */
  get behind(): boolean {
    return this.#seen < this.size;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  refresh(): void {
    try {
      const { size, mtimeMs, ino } = fstatSync(this.#handle.fd);
      if (size === this.size && mtimeMs === this.changedMs && !this.behind) return;
      Object.assign(this, { size, changedMs: mtimeMs, inode: ino });
      this.#takeBack();
      this.#takeIn();
      this.#remember();
    } catch (error) {
      throw storageError(error, 'read', this.#path);
    }
  }

  /** Drops lines that are no longer there, or not the same. */
  #takeBack(): void {
    const { index } = this;
    const before = index.length;
    index.cutTo(this.size);
    if (index.length === before && before > 0 && !this.#isSameLast()) index.pop();
    if (index.length === before) return;
    this.cuts += 1;
    this.cutTo = index.length;
  }

  #isSameLast(): boolean {
    const { start, end } = this.index.last;
    const found = this.#bytes(start, Math.min(end, start + MARK_BYTES));
    return found.equals(this.#mark) && this.#endsThere(end);
  }

  /** A replaced line may begin alike and be longer or shorter. */
  #endsThere(end: number): boolean {
    if (end >= this.size) return true;
    const [next] = this.#bytes(end, end + 1);
    return next === LF || next === CR;
  }

  #takeIn(): void {
    const from = this.index.end;
    let to = Math.min(this.size, from + MAX_GROWTH_BYTES);
    let chunk = this.#bytes(from, to);
    while (to < this.size && !chunk.includes(LF)) {
      to = Math.min(this.size, from + 2 * (to - from));
      chunk = this.#bytes(from, to);
    }
    this.index.push(chunk);
    this.#seen = to;
    // Other programs leave out the last newline: what is whole JSON counts without it.
    const rest = chunk.subarray(this.index.end - from);
    if (to === this.size && rest.length > 0 && isWholeRecord(rest, true)) this.index.close(this.size);
  }

  #remember(): void {
    if (this.index.length === 0) {
      this.lastMs = Number.NaN;
      this.#mark = Buffer.alloc(0);
      return;
    }
    const { start, end } = this.index.last;
    this.#mark = Buffer.from(this.#bytes(start, Math.min(end, start + MARK_BYTES)));
    const inMark = timestampOf(this.#mark);
    // Cut within its digits, a number at the end of the mark would be another.
    const whole = Number.isNaN(inMark) || this.#mark.length < MARK_BYTES ? this.#bytes(start, end) : this.#mark;
    this.lastMs = timestampOf(whole);
  }

  #bytes(start: number, end: number): Buffer {
    const bytes = Buffer.allocUnsafe(end - start);
    let filled = 0;
    while (filled < bytes.length) {
      const read = readSync(this.#handle.fd, bytes, filled, bytes.length - filled, start + filled);
      if (read === 0) break;
      filled += read;
    }
    return bytes.subarray(0, filled);
  }
}

const LF = 10;
const CR = 13;
