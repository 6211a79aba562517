import { GexError } from '../../errors.js';
import type { StreamKey } from '../../wire/catalogue.js';
import type { ScannedFile } from './growing-scan.js';
import type { LineSummary } from './line-summary.js';
import { streamPath } from './path.js';
import { scanFile } from './scan.js';

/** What reading a whole record file tells. */
export type InspectedFile = LineSummary & Pick<ScannedFile, 'rows' | 'sha256'>;

/** Reads the whole file of a stream. GexError `data` when its end is cut or an end is no JSON, `missing`, `storage`. */
export async function inspectFile(root: string, key: StreamKey, signal?: AbortSignal): Promise<InspectedFile> {
  const path = streamPath(root, key);
  return inspected(path, await scanFile(path, { date: key.date, signal }));
}

/** What was read of a file, if it is whole. GexError `data`. */
export function inspected(
  path: string,
  { lines, rows, sha256, tornBytes, newlineMissing }: ScannedFile,
): InspectedFile {
  if (typeof lines === 'string') throw new GexError('data', lines);
  if (tornBytes > 0 || newlineMissing) {
    throw new GexError('data', `${path}: its last record is cut or lacks its newline; fetch the file again`);
  }
  return { ...lines, rows, sha256 };
}
