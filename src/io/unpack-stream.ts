import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { GexError } from '../errors.js';
import { storageError } from './files.js';

/** How much a file may unpack to, and who wants to know how far it is. */
interface UnpackOptions {
  /** Bytes after unpacking. */
  readonly maxBytes: number;
  /** Bytes after unpacking for each byte of the file; the first MiB is always allowed. */
  readonly maxRatio: number;
  /** Hears of bytes of the file as they are read, before they are unpacked. */
  readonly onRead?: (bytes: number) => void;
}

const CHUNK_BYTES = 1024 * 1024;
/** Web servers pack what people packed already. */
const MAX_LAYERS = 3;

/**
 * The bytes of a file, unpacked while they begin as gzip does, in chunks of about 1 MiB that the caller may keep. The file is
 * closed when the iteration ends, however it does. GexError `missing`, `storage`; `data`: cut, damaged, beyond a limit.
 */
export async function* readUnpacked(path: string, options: UnpackOptions): AsyncGenerator<Buffer> {
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      yield* limited(unpacked(chunksOf(handle, options.onRead), path), size, { path, ...options });
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw storageError(error, 'read', path);
  }
}

/** Reads one chunk ahead. */
async function* chunksOf(handle: FileHandle, onRead: UnpackOptions['onRead']): AsyncGenerator<Buffer> {
  for (let next = readChunk(handle); ; ) {
    const chunk = await next;
    if (chunk.length === 0) return;
    next = readChunk(handle);
    next.catch(() => undefined); // it is awaited in the next turn, unless there is none
    onRead?.(chunk.length);
    yield chunk;
  }
}

async function readChunk(handle: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafeSlow(CHUNK_BYTES), 0, CHUNK_BYTES);
  return buffer.subarray(0, bytesRead);
}

async function* unpacked(bytes: AsyncGenerator<Buffer>, path: string): AsyncGenerator<Buffer> {
  let layer = bytes;
  try {
    for (let depth = 0; ; depth++) {
      const { head, isPacked } = await headOf(layer);
      layer = startingWith(head, layer);
      if (!isPacked) break;
      if (depth === MAX_LAYERS)
        throw new GexError('data', `${path}: is packed with gzip more than ${MAX_LAYERS} times`);
      layer = gunzip(layer, path);
    }
    yield* layer;
  } finally {
    await layer.return(undefined);
  }
}

/** The first chunks, until they have two bytes. */
async function headOf(bytes: AsyncGenerator<Buffer>): Promise<{ readonly head: Buffer; readonly isPacked: boolean }> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 2) {
    const { value, done } = await bytes.next();
    if (done) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  return { head, isPacked: head[0] === 0x1f && head[1] === 0x8b };
}

async function* startingWith(head: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

async function* gunzip(packed: AsyncGenerator<Buffer>, path: string): AsyncGenerator<Buffer> {
  const source = Readable.from(packed, { objectMode: false, highWaterMark: CHUNK_BYTES });
  const unpacker = createGunzip({ chunkSize: CHUNK_BYTES });
  // Not pipeline: it would hand back an abort of its own where the source failed.
  source.once('error', (error) => unpacker.destroy(error));
  source.pipe(unpacker);
  try {
    for await (const chunk of unpacker) yield chunk;
  } catch (cause) {
    if (!isZlibError(cause)) throw cause;
    throw new GexError('data', `${path}: its gzip data is cut or damaged (${cause.message}); fetch it again`, {
      cause,
    });
  } finally {
    unpacker.destroy();
    source.destroy();
    await packed.return(undefined);
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

interface Limits extends UnpackOptions {
  readonly path: string;
}

async function* limited(bytes: AsyncGenerator<Buffer>, size: number, limits: Limits): AsyncGenerator<Buffer> {
  const { path, maxBytes, maxRatio } = limits;
  const ratioBytes = Math.max(CHUNK_BYTES, size * maxRatio);
  let total = 0;
  for await (const chunk of bytes) {
    total += chunk.length;
    if (total > maxBytes)
      throw new GexError('data', `${path}: unpacks to more than ${maxBytes} bytes; is it the right file?`);
    if (total > ratioBytes) {
      throw new GexError(
        'data',
        `${path}: its ${size} bytes unpack to more than ${maxRatio} times as many; is it the right file?`,
      );
    }
    yield chunk;
  }
}
