import { open } from 'node:fs/promises';
import { storageError } from '../../io/files.js';
import type { StreamKey } from '../../wire/catalogue.js';
import { streamPath } from './path.js';
import { linesBackwards } from './tail.js';
import { timestampOf } from './timestamp.js';

/**
 * The last records of a stream, newest first: those later than `sinceMs` and the one before them, however old, as lines.
 * Records are read backwards as they are asked for. GexError `missing`, `storage`.
 */
export async function* recentLines(root: string, key: StreamKey, sinceMs: number): AsyncGenerator<Buffer> {
  const path = streamPath(root, key);
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      for await (const { bytes } of linesBackwards(handle, size)) {
        yield bytes;
        if (!(timestampOf(bytes) > sinceMs)) return;
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw storageError(error, 'read', path);
  }
}
