import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { GexError } from '../../errors.js';
import { storageError } from '../../io/files.js';
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

interface ScanOptions {
  /** `YYYY-MM-DD`: the New York date its records should have. */
  readonly date: string;
  readonly signal?: AbortSignal | undefined;
  /** Told of the bytes that were read, as they are. */
  readonly onBytes?: (bytes: number) => void;
}

const CHUNK_BYTES = 1 << 20;

/** Reads a record file once; memory: a chunk and 16 bytes per line. GexError `missing` or `storage`; the signal's reason. */
export async function scanFile(path: string, options: ScanOptions): Promise<ScannedFile> {
  try {
    const handle = await open(path, 'r');
    try {
      return await scan(path, handle, options);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw storageError(error, 'read', path);
  }
}

async function scan(path: string, handle: FileHandle, { date, signal, onBytes }: ScanOptions): Promise<ScannedFile> {
  const hash = createHash('sha256');
  const summarizer = new LineSummarizer(path, date);
  const indexer = new LineIndexer();
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let bytes = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, bytes);
    if (bytesRead === 0) break;
    const read = chunk.subarray(0, bytesRead);
    hash.update(read);
    summarizer.push(read);
    indexer.push(read);
    bytes += bytesRead;
    onBytes?.(bytesRead);
  }
  const { length, tornBytes, ends } = await indexer.finish(
    async (start, end) => (await handle.read(Buffer.alloc(end - start), 0, end - start, start)).buffer,
  );
  const newlineMissing = ends[length - 1] === bytes;
  return { sha256: hash.digest('hex'), bytes, rows: length, tornBytes, newlineMissing, lines: linesOf(summarizer) };
}

function linesOf(summarizer: LineSummarizer): LineSummary | string {
  try {
    return summarizer.finish();
  } catch (error) {
    if (error instanceof GexError && error.kind === 'data') return error.message;
    throw error;
  }
}
