import { stat } from 'node:fs/promises';
import { storageError } from '../../io/files.js';
import type { StreamKey } from '../../wire/catalogue.js';
import { streamPath } from './path.js';

/** Bytes of a stream's file; undefined when there is none. GexError `storage`, `usage` for names that cannot be a path. */
export async function streamSize(root: string, key: StreamKey): Promise<number | undefined> {
  const path = streamPath(root, key);
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw storageError(error, 'look at', path);
  }
}
