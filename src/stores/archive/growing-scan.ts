import { createHash } from 'node:crypto';
import { GexError } from '../../errors.js';
import { LineIndexer } from '../../io/lines.js';
import { LineSummarizer, type LineSummary } from './line-summary.js';

/** What a record file holds, as found by reading every byte of it. */
export interface ScannedFile {
  /** Of the bytes, in hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  /** Whole records. */
  readonly rows: number;
  /** Bytes after the last whole record: a write that was cut. */
  readonly tornBytes: number;
  /** The last whole record has no newline behind it. */
  readonly newlineMissing: boolean;
  /** One sentence when the first or last line is no JSON: what the lines say of themselves instead. */
  readonly lines: LineSummary | string;
}

/** A record file as far as it was read, chunk by chunk. Memory: 16 bytes per line. */
export class GrowingScan {
  readonly #hash = createHash('sha256');
  readonly #summarizer: LineSummarizer;
  readonly #indexer = new LineIndexer();
  bytes = 0;

  /** `date` (`YYYY-MM-DD`) is the New York date its records should have. */
  constructor(path: string, date: string) {
    this.#summarizer = new LineSummarizer(path, date);
  }

  /** The next bytes of the file; they may be reused afterwards. */
  push(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.#summarizer.push(chunk);
    this.#indexer.push(chunk);
    this.bytes += chunk.length;
  }

  /** Once, at the end: `tail(start, end)` gives bytes of the file again. */
  async finish(tail: (start: number, end: number) => Buffer | Promise<Buffer>): Promise<ScannedFile> {
    const { bytes } = this;
    const { length, tornBytes, ends } = await this.#indexer.finish(tail);
    const newlineMissing = ends[length - 1] === bytes;
    return { sha256: this.#hash.digest('hex'), bytes, rows: length, tornBytes, newlineMissing, lines: this.#lines() };
  }

  #lines(): LineSummary | string {
    try {
      return this.#summarizer.finish();
    } catch (error) {
      if (error instanceof GexError && error.kind === 'data') return error.message;
      throw error;
    }
  }
}
