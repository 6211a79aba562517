import { open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensureWritableDir, storageError } from '../../io/files.js';
import { isArchiveDate, isArchiveTicker } from './path.js';

/** A span of a session without records, and why. */
export interface Gap {
  /** Epoch ms of the first record that is missing. */
  readonly fromMs: number;
  /** Epoch ms up to which, exclusive, records are missing. */
  readonly toMs: number;
  readonly reason: string;
  /** What of the span could be had later: bars of the underlying. Chains of the past cannot. */
  readonly filled?: 'bars';
}

/** Beside the packages of a ticker-day: one gap per line, times in Unix seconds. */
const FILE = 'gaps.jsonl';

/** Where the gaps of a ticker-day rest. */
export function gapsPath(root: string, date: string, ticker: string): string {
  if (!isArchiveDate(date) || !isArchiveTicker(ticker)) throw new RangeError(`no ticker-day: ${date} ${ticker}`);
  return join(root, date, ticker, FILE);
}

/** Adds a gap, durable when it resolves. GexError `storage`. */
export async function appendGap(root: string, date: string, ticker: string, gap: Gap): Promise<void> {
  const path = gapsPath(root, date, ticker);
  const { fromMs, toMs, reason, filled } = gap;
  const line = JSON.stringify({ from: fromMs / 1000, to: toMs / 1000, reason, ...(filled && { filled }) });
  try {
    await ensureWritableDir(dirname(path));
    const handle = await open(path, 'a');
    try {
      // A cut last line of a killed writer stays alone: readers pass over it.
      const { size } = await handle.stat();
      const prefix = size > 0 && !(await endsWithNewline(path, size)) ? '\n' : '';
      await handle.appendFile(`${prefix}${line}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw storageError(error, 'write', path);
  }
}

async function endsWithNewline(path: string, size: number): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer[0] === 10;
  } finally {
    await handle.close();
  }
}

/** The gaps of a ticker-day by time; none when nothing was recorded. A later line of the same span replaces an earlier one. GexError `storage`. */
export async function readGaps(root: string, date: string, ticker: string): Promise<Gap[]> {
  const path = gapsPath(root, date, ticker);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
    throw storageError(error, 'read', path);
  }
  const bySpan = new Map<string, Gap>();
  for (const line of text.split('\n')) {
    const gap = gapOf(line);
    if (gap) bySpan.set(`${gap.fromMs} ${gap.toMs}`, gap);
  }
  return [...bySpan.values()].sort((a, b) => a.fromMs - b.fromMs);
}

function gapOf(line: string): Gap | undefined {
  try {
    const { from, to, reason, filled } = JSON.parse(line) as Record<string, unknown>;
    if (typeof from !== 'number' || typeof to !== 'number' || typeof reason !== 'string') return undefined;
    return { fromMs: from * 1000, toMs: to * 1000, reason, ...(filled === 'bars' && { filled }) };
  } catch {
    return undefined;
  }
}
