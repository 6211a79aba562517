import { type FileHandle, open } from 'node:fs/promises';
import { storageError } from '../../io/files.js';
import { GrowingScan, type ScannedFile } from './growing-scan.js';

interface ScanOptions {
  /** `YYYY-MM-DD`: the New York date its records should have. */
  readonly date: string;
  readonly signal?: AbortSignal | undefined;
  /** Told of the bytes that were read, as they are. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

const CHUNK_BYTES = 1 << 20;

/** Reads a record file once; memory: a chunk and 16 bytes per line. GexError `missing` or `storage`; the signal's reason. */
export async function scanFile(path: string, { date, signal, onBytes }: ScanOptions): Promise<ScannedFile> {
  try {
    const handle = await open(path, 'r');
    try {
      const scan = new GrowingScan(path, date);
      await scanOn(scan, handle, { signal, onBytes });
      return await scan.finish(readerOf(handle));
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw storageError(error, 'read', path);
  }
}

/** Room for what is read at once. */
export function scanChunk(): Buffer {
  return Buffer.allocUnsafeSlow(CHUNK_BYTES);
}

/** How far a scan goes on, and who is told. */
interface ScanStep extends Omit<Partial<ScanOptions>, 'date'> {
  /** Default: to the end of the file. */
  readonly mostBytes?: number;
  /** What is read into: default one of its own. */
  readonly chunk?: Buffer;
}

/** Goes on with a scan where it is; resolves to the bytes it read. */
export async function scanOn(scan: GrowingScan, handle: FileHandle, step: ScanStep): Promise<number> {
  const { mostBytes = Number.POSITIVE_INFINITY, signal, onBytes, chunk = scanChunk() } = step;
  let read = 0;
  while (read < mostBytes) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, mostBytes - read), scan.bytes);
    if (bytesRead === 0) break;
    scan.push(chunk.subarray(0, bytesRead));
    read += bytesRead;
    onBytes?.(bytesRead);
  }
  return read;
}

/** Reads bytes of a file again. */
export function readerOf(handle: FileHandle): (start: number, end: number) => Promise<Buffer> {
  return async (start, end) => (await handle.read(Buffer.alloc(end - start), 0, end - start, start)).buffer;
}
