// The day that replay benches serve: one file of records of the size of the vendor's.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const RECORD_BYTES = 9_000;
export const RECORDS = 2_000;
/** Where its records are asked for. */
export const PATH = '/v2/SPX/classic/gex_full';

/** Writes the day into an archive and returns the bytes of its file: a record and a newline, RECORDS times. */
export function makeDay(root: string): Buffer {
  const head = '{"timestamp":1777492800,"ticker":"SPX","pad":"';
  const day = Buffer.from(`${head}${'x'.repeat(RECORD_BYTES - head.length - 2)}"}\n`.repeat(RECORDS));
  const files = join(root, '2026-04-29/SPX/classic');
  mkdirSync(files, { recursive: true });
  writeFileSync(join(files, 'gex_full.jsonl'), day);
  return day;
}
