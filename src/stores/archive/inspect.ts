import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { GexError } from '../../errors.js';
import { storageError } from '../../io/files.js';
import { LineIndexer } from '../../io/lines.js';
import type { StreamKey } from '../../wire/catalogue.js';
import { LineSummarizer, type LineSummary } from './line-summary.js';
import { streamPath } from './path.js';

/** What reading a record file from its first byte to its last tells. */
interface InspectedFile extends LineSummary {
  readonly rows: number;
  /** Of the bytes, in hexadecimal. */
  readonly sha256: string;
}

const CHUNK_BYTES = 1 << 20;

/** Reads the whole file of a stream. GexError `data` when its end is cut or an end is no JSON, `missing`, `storage`. */
export async function inspectFile(root: string, key: StreamKey, signal?: AbortSignal): Promise<InspectedFile> {
  const path = streamPath(root, key);
  try {
    const handle = await open(path, 'r');
    try {
      return await inspect(handle, path, { date: key.date, signal });
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw storageError(error, 'read', path);
  }
}

interface Inspection {
  readonly date: string;
  readonly signal: AbortSignal | undefined;
}

async function inspect(handle: FileHandle, path: string, { date, signal }: Inspection): Promise<InspectedFile> {
  const hash = createHash('sha256');
  const summarizer = new LineSummarizer(path, date);
  const indexer = new LineIndexer();
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  for (let at = 0; ; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, at);
    if (bytesRead === 0) break;
    hash.update(chunk.subarray(0, bytesRead));
    summarizer.push(chunk.subarray(0, bytesRead));
    indexer.push(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
  const tail = async (start: number, end: number): Promise<Buffer> =>
    (await handle.read(Buffer.alloc(end - start), 0, end - start, start)).buffer;
  const index = await indexer.finish(tail);
  const summary = summarizer.finish();
  if (index.tornBytes > 0 || index.ends[index.length - 1] === summary.bytes) {
    throw new GexError('data', `${path}: its last record is cut or lacks its newline; fetch the file again`);
  }
  return { ...summary, rows: index.length, sha256: hash.digest('hex') };
}
