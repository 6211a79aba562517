import { PassThrough, type Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { gzipped } from '../../io/gzip.js';
import type { StreamKey } from '../../wire/catalogue.js';
import { openArray } from './array.js';
import { streamPath } from './path.js';

/**
 * A ZIP of `<T>/<package>/<category>/<date>_<T>_<package>_<category>.json.gz`, each a gzip of the JSON array that
 * `/hist` serves (contract section 2.6). Files are opened one after the other, while the stream is read; `onFile` is told
 * of each that is in. The stream fails with GexError `missing` or `storage`.
 */
export function zipRecords(root: string, keys: readonly StreamKey[], onFile?: (key: StreamKey) => void): Readable {
  const zip = new ZipFile();
  const out = new PassThrough();
  let open: Readable | undefined;
  out.once('close', () => open?.destroy());
  zip.on('error', (error: Error) => out.destroy(error));
  for (const key of keys) {
    // Compressed already. The time is fixed, so that the same day gives the same bytes.
    const options = { compress: false, mtime: new Date(`${key.date}T21:00:00Z`) };
    zip.addReadStreamLazy(memberName(key), options, (give) => {
      openArray(streamPath(root, key)).then(
        (array) => {
          open = gzipped(array.read(0, array.length));
          open.once('end', () => onFile?.(key));
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

function memberName({ date, ticker, package: packageName, category }: StreamKey): string {
  return `${ticker}/${packageName}/${category}/${date}_${ticker}_${packageName}_${category}.json.gz`;
}
