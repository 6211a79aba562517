import { PassThrough, type Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { newYorkDate, tradingDay } from '../core/calendar.js';
import { openArray } from '../stores/archive/array.js';
import { listDates, listStreams } from '../stores/archive/days.js';
import { streamPath } from '../stores/archive/path.js';
import type { StreamKey } from '../wire/catalogue.js';
import { gzipped } from './send-bytes.js';

/** The files of the newest finished session that holds the ticker; none when there is no such session. */
export async function newestFinished(root: string, ticker: string, nowMs: number): Promise<readonly StreamKey[]> {
  for (const date of (await listDates(root)).reverse()) {
    if (!isFinished(date, nowMs)) continue;
    const keys = (await listStreams(root, date)).filter((key) => key.ticker === ticker);
    if (keys.length > 0) return keys;
  }
  return [];
}

/** A day without a session is over when its date is. */
function isFinished(date: string, nowMs: number): boolean {
  const today = newYorkDate(nowMs);
  if (date !== today) return date < today;
  const session = tradingDay(date);
  return session !== undefined && session.closeMs <= nowMs;
}

/**
 * A ZIP of `<T>/<package>/<category>/<date>_<T>_<package>_<category>.json.gz`, each a gzip of the JSON array that
 * `/hist` serves (contract section 2.6). Files are opened one after the other, while the stream is read.
 */
export function zipDay(root: string, keys: readonly StreamKey[]): Readable {
  const zip = new ZipFile();
  const out = new PassThrough();
  let open: Readable | undefined;
  out.once('close', () => open?.destroy());
  zip.on('error', (error: Error) => out.destroy(error));
  for (const key of keys) {
    const { date, ticker, package: packageName, category } = key;
    const name = `${ticker}/${packageName}/${category}/${date}_${ticker}_${packageName}_${category}.json.gz`;
    // Compressed already. The time is fixed, so that the same day gives the same bytes.
    const options = { compress: false, mtime: new Date(`${date}T21:00:00Z`) };
    zip.addReadStreamLazy(name, options, (give) => {
      openArray(streamPath(root, key)).then(
        (array) => {
          open = gzipped(array.read(0, array.length));
          if (out.destroyed) open.destroy();
          give(undefined, open);
        },
        (error: Error) => out.destroy(error),
      );
    });
  }
  zip.end();
  zip.outputStream.pipe(out);
  return out;
}
