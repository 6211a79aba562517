import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensureWritableDir, storageError } from '../../io/files.js';
import { newOwnerTag } from '../../io/owner.js';
import { ArraySplitter } from '../../wire/array-splitter.js';
import type { StreamKey } from '../../wire/catalogue.js';
import { LineSummarizer, type LineSummary } from './line-summary.js';
import { relativeStreamPath, STAGING_FOLDER } from './path.js';
import { placeFiles, sweepStaging } from './staging.js';
import { StreamWriter } from './stream-writer.js';

/** What a record file made of a JSON array holds. */
interface ImportedLines extends LineSummary {
  readonly rows: number;
  /** Of the bytes of the file, in hexadecimal. */
  readonly sha256: string;
}

/** A record file that is whole and durable, but not in the archive yet. */
export interface PreparedStream extends ImportedLines {
  readonly key: StreamKey;
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
    const lines = await writeLines(path, source, { name: relative, ...options, date: key.date });
    return { key, ...lines, commit: () => place(staging, root, relative), abort };
  } catch (error) {
    await abort();
    throw storageError(error, 'write to', root);
  }
}

async function writeLines(
  path: string,
  source: AsyncIterable<Buffer>,
  { name, date, signal }: ImportOptions & { readonly name: string; readonly date: string },
): Promise<ImportedLines> {
  const splitter = new ArraySplitter(name);
  const summarizer = new LineSummarizer(name, date);
  const hash = createHash('sha256');
  const writer = new StreamWriter(path, await open(path, 'wx'), BUFFER_BYTES);
  try {
    for await (const chunk of source) {
      signal?.throwIfAborted();
      const lines = splitter.push(chunk);
      const behind = writer.write(lines);
      summarizer.push(lines);
      hash.update(lines);
      if (behind) await behind;
    }
    signal?.throwIfAborted();
    splitter.finish();
    const summary = summarizer.finish();
    await writer.finish();
    return { rows: splitter.rows, sha256: hash.digest('hex'), ...summary };
  } catch (error) {
    await writer.abandon();
    throw error;
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
