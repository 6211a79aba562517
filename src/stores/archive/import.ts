import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GexError } from '../../errors.js';
import { ensureWritableDir, storageError } from '../../io/files.js';
import { newOwnerTag } from '../../io/owner.js';
import { ArraySplitter } from '../../wire/array-splitter.js';
import type { StreamKey } from '../../wire/catalogue.js';
import { LineSummarizer, type LineSummary } from './line-summary.js';
import { relativeStreamPath, STAGING_FOLDER } from './path.js';
import { placeFiles, sweepStaging } from './staging.js';
import { StreamWriter } from './stream-writer.js';

/** A record file that is whole and durable, but not in the archive yet. */
export interface PreparedStream extends LineSummary {
  readonly key: StreamKey;
  readonly rows: number;
  /** The first and the last record, parsed; undefined when there are no rows. */
  readonly first: unknown;
  readonly last: unknown;
  /** Moves the file into the archive, over an older one, and gives its path. GexError `storage`: the archive is as it was. */
  commit(): Promise<string>;
  /** Forgets the file; may be called at any time. */
  abort(): Promise<void>;
}

interface ImportOptions {
  /** Begins the messages about what is wrong with the source; by default the path of the file within the archive. */
  readonly name?: string;
  readonly signal?: AbortSignal;
}

/** So much is written at once; the chunks of a source are usually this large. */
const BUFFER_BYTES = 1024 * 1024 + 64;
/** Longer records are not read back. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/**
 * Writes a JSON array of records, which arrives in chunks, as a record file in the staging of the archive below `root`.
 * Memory: a few chunks, however long the file or a record is. When it throws nothing is left behind. GexError `data`: no
 * array of objects, cut, or first or last record no JSON; `storage`; what the source throws; the signal's reason.
 */
export async function prepareStream(
  root: string,
  key: StreamKey,
  source: AsyncIterable<Buffer>,
  options: ImportOptions = {},
): Promise<PreparedStream> {
  const relative = relativeStreamPath(key);
  const stagingRoot = join(root, STAGING_FOLDER);
  const staging = join(stagingRoot, newOwnerTag());
  const path = join(staging, relative);
  const abort = (): Promise<void> => rm(staging, { recursive: true, force: true });
  try {
    await ensureWritableDir(stagingRoot);
    await sweepStaging(stagingRoot);
    await mkdir(dirname(path), { recursive: true });
    const name = options.name ?? relative;
    const { rows, summary } = await writeLines(path, source, { key, ...options, name });
    const records = rows > 0 ? await endsOf(path, summary, name) : { first: undefined, last: undefined };
    return { key, rows, ...summary, ...records, commit: () => place(staging, root, relative), abort };
  } catch (error) {
    await abort();
    throw storageError(error, 'write to', root);
  }
}

async function writeLines(
  path: string,
  source: AsyncIterable<Buffer>,
  { key, name, signal }: ImportOptions & { readonly key: StreamKey },
): Promise<{ readonly rows: number; readonly summary: LineSummary }> {
  const splitter = new ArraySplitter(name);
  const summarizer = new LineSummarizer(key.date);
  const writer = new StreamWriter(path, await open(path, 'wx'), BUFFER_BYTES);
  try {
    for await (const chunk of source) {
      signal?.throwIfAborted();
      const lines = splitter.push(chunk);
      summarizer.push(lines);
      const behind = writer.write(lines);
      if (behind) await behind;
    }
    signal?.throwIfAborted();
    splitter.finish();
    await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
  return { rows: splitter.rows, summary: summarizer.finish() };
}

/** The first and the last record of a file with at least one, parsed. */
async function endsOf(path: string, { bytes, firstLineBytes, lastLineBytes }: LineSummary, name: string) {
  const handle = await open(path, 'r');
  try {
    const first = await recordAt(handle, 0, firstLineBytes, `${name}: its first record`);
    const last = await recordAt(handle, bytes - 1 - lastLineBytes, lastLineBytes, `${name}: its last record`);
    return { first, last };
  } finally {
    await handle.close();
  }
}

async function recordAt(handle: FileHandle, start: number, length: number, what: string): Promise<unknown> {
  if (length > MAX_RECORD_BYTES)
    throw new GexError('data', `${what} has ${length} bytes, more than ${MAX_RECORD_BYTES}; is it the right file?`);
  const { buffer } = await handle.read(Buffer.alloc(length), 0, length, start);
  try {
    return JSON.parse(buffer.toString());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GexError('data', `${what} is not valid JSON (${reason}); fetch it again`, { cause });
  }
}

async function place(staging: string, root: string, relative: string): Promise<string> {
  try {
    await placeFiles(staging, root, [relative]);
    return join(root, relative);
  } catch (error) {
    throw storageError(error, 'write to', root);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
