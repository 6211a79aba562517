import { GexError } from '../../errors.js';
import type { StreamKey } from '../../wire/catalogue.js';
import type { LineSummary } from './line-summary.js';
import { streamPath } from './path.js';
import { type ScannedFile, scanFile } from './scan.js';

/** What reading a whole record file tells. */
type InspectedFile = LineSummary & Pick<ScannedFile, 'rows' | 'sha256'>;

/** Reads the whole file of a stream. GexError `data` when its end is cut or an end is no JSON, `missing`, `storage`. */
export async function inspectFile(root: string, key: StreamKey, signal?: AbortSignal): Promise<InspectedFile> {
  const path = streamPath(root, key);
  const { lines, rows, sha256, tornBytes, newlineMissing } = await scanFile(path, { date: key.date, signal });
  if (typeof lines === 'string') throw new GexError('data', lines);
  if (tornBytes > 0 || newlineMissing) {
    throw new GexError('data', `${path}: its last record is cut or lacks its newline; fetch the file again`);
  }
  return { ...lines, rows, sha256 };
}
