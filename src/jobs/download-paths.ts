import { join } from 'node:path';
import { STAGING_FOLDER } from '../stores/archive/path.js';
import type { StreamKey } from '../wire/catalogue.js';
import { cellName } from './download-plan.js';

/** What has come of a cell's file over the wire. */
export function partPath(root: string, key: StreamKey): string {
  return `${join(root, STAGING_FOLDER, 'download', cellName(key))}.part`;
}

/** Held by whoever is at a cell. */
export function lockPath(root: string, key: StreamKey): string {
  return `${join(root, STAGING_FOLDER, 'download', cellName(key))}.lock`;
}
