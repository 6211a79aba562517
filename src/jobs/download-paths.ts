import { join } from 'node:path';
import { STAGING_FOLDER } from '../stores/archive/path.js';
import { type StreamKey, streamName } from '../wire/catalogue.js';

/** What has come of a cell's file over the wire. */
export function partPath(root: string, key: StreamKey): string {
  return `${join(root, STAGING_FOLDER, 'download', streamName(key))}.part`;
}

/** Held by whoever is at a cell. */
export function lockPath(root: string, key: StreamKey): string {
  return `${join(root, STAGING_FOLDER, 'download', streamName(key))}.lock`;
}
