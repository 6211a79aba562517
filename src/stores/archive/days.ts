import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { storageError } from '../../io/files.js';
import type { StreamKey } from '../../wire/catalogue.js';
import { leadsOut } from './inside.js';
import { categoryOfFile, isArchiveDate, isArchivePackage, isArchiveTicker } from './path.js';

/** Dates with at least one record file, ascending. An archive that does not exist has none. GexError `storage`. */
export async function listDates(root: string): Promise<string[]> {
  const dates: string[] = [];
  for (const date of (await folders(root)).filter(isArchiveDate)) {
    for await (const _ of streamsOf(root, date)) {
      dates.push(date);
      break;
    }
  }
  return dates;
}

/** The last date, `until` at the latest, with at least one record file; undefined when there is none. GexError `storage`. */
export async function newestDate(root: string, until = '9999-12-31'): Promise<string | undefined> {
  const dates = (await folders(root)).filter((name) => isArchiveDate(name) && name <= until);
  for (const date of dates.reverse()) {
    for await (const key of streamsOf(root, date)) return key.date;
  }
  return undefined;
}

/** The record files of a date, except where links lead out of the archive, by ticker, package and category, each ascending. GexError `storage`. */
export async function listStreams(root: string, date: string): Promise<StreamKey[]> {
  const streams: StreamKey[] = [];
  if (isArchiveDate(date)) for await (const key of streamsOf(root, date)) streams.push(key);
  return streams;
}

async function* streamsOf(root: string, date: string): AsyncGenerator<StreamKey> {
  for (const ticker of (await folders(join(root, date))).filter(isArchiveTicker)) {
    for (const packageName of (await folders(join(root, date, ticker))).filter(isArchivePackage)) {
      const folder = join(root, date, ticker, packageName);
      if (await leadsOut(root, folder)) continue;
      for (const entry of await entries(folder)) {
        const category = entry.isDirectory() ? undefined : categoryOfFile(entry.name);
        const hidden = entry.isSymbolicLink() && (await leadsOut(root, join(folder, entry.name)));
        if (category && !hidden) yield { date, ticker, package: packageName, category };
      }
    }
  }
}

async function folders(path: string): Promise<string[]> {
  return (await entries(path)).filter((entry) => !entry.isFile()).map((entry) => entry.name);
}

async function entries(path: string) {
  try {
    const found = await readdir(path, { withFileTypes: true });
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
    throw storageError(error, 'list', path);
  }
}
