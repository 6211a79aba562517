import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import { storageError, writeAtomic } from '../io/files.js';
import { readUnpacked } from '../io/unpack-stream.js';
import { LineSummarizer } from '../stores/archive/line-summary.js';
import { streamOfPath } from '../stores/archive/path.js';
import { ArraySplitter } from '../wire/array-splitter.js';

/** A record file that was made. Times are epoch milliseconds. */
export interface ConvertedFile {
  readonly rows: number;
  /** Of the lines. */
  readonly bytes: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** Records earlier than the one before them, records of another day than the folder's, gaps of more than 120 s. */
  readonly backwards: number;
  readonly outside: number;
  readonly gaps: number;
  readonly widestGapMs: number | null;
  /** Of the lines, in hexadecimal, where it was asked for. */
  readonly sha256?: string;
}

interface FileOptions {
  readonly source: string;
  /** Of the lines. */
  readonly target: string;
  readonly keep: boolean;
  /** Take a SHA-256, which takes as long as the rest. */
  readonly hash: boolean;
  /** Hears of bytes of the source as they are read. */
  readonly onRead: (bytes: number) => void;
}

/** Ten times a whole day of a large index; a file that unpacks to more is not one. */
const MAX_BYTES = 16 * 1024 ** 3;
/** Records of a quiet day pack to a fiftieth. */
const MAX_RATIO = 500;

/**
 * Makes the lines of one JSON array, packed or not: they appear whole and durable, then the source is removed unless it is
 * to be kept. GexError `data`: no array of records, or cut; `storage`.
 */
export async function convertFile(
  { source, target, keep, hash, onRead }: FileOptions,
  ctx: Ctx,
): Promise<ConvertedFile> {
  const splitter = new ArraySplitter(source);
  const summarizer = new LineSummarizer(source, streamOfPath(resolve(target))?.key.date);
  const bytes = readUnpacked(source, { maxBytes: MAX_BYTES, maxRatio: MAX_RATIO, onRead });
  const sha256 = hash ? createHash('sha256') : undefined;
  let file: ConvertedFile | undefined;
  async function* lines(): AsyncGenerator<Buffer> {
    for await (const chunk of bytes) {
      ctx.signal.throwIfAborted();
      const more = splitter.push(chunk);
      summarizer.push(more);
      sha256?.update(more);
      yield more;
    }
    ctx.signal.throwIfAborted();
    splitter.finish();
    file = checked(summarizer, splitter.rows, source);
  }
  await writeAtomic(target, lines());
  if (!file) throw new Error(`the lines of ${source} were written without being read`);
  if (!keep) await removeSource(source);
  return sha256 ? { ...file, sha256: sha256.digest('hex') } : file;
}

function checked(summarizer: LineSummarizer, rows: number, source: string): ConvertedFile {
  const { bytes, firstMs = null, lastMs = null, untimed, widestGap, ...counts } = summarizer.finish();
  const { backwards, outside, gaps } = counts;
  if (rows === 0) throw new GexError('data', `${source}: the array has no records; nothing was made of it`);
  if (untimed === rows)
    throw new GexError('data', `${source}: none of its ${rows} objects has a timestamp; it is no file of records`);
  const widestGapMs = widestGap ? widestGap.toMs - widestGap.fromMs : null;
  return { rows, bytes, firstMs, lastMs, backwards, outside, gaps, widestGapMs };
}

async function removeSource(source: string): Promise<void> {
  try {
    await unlink(source);
  } catch (error) {
    throw storageError(error, 'remove after its lines were made', source);
  }
}
