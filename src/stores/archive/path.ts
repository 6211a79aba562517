import { join, sep } from 'node:path';
import { GexError } from '../../errors.js';
import type { PackageName, StreamKey } from '../../wire/catalogue.js';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
/** Wider than the vendor's tickers (our own may be longer), still no dots, slashes or lower case. */
const TICKER = /^[A-Z][A-Z0-9]{0,11}(_[A-Z0-9]{1,11})?$/;
const PACKAGES: readonly string[] = ['classic', 'state', 'orderflow'] satisfies PackageName[];
const CATEGORY = /^[a-z][a-z0-9_]{0,31}$/;
const SUFFIX = '.jsonl';

/** Folder of unfinished day files below the archive's root; readers never see it. */
export const STAGING_FOLDER = '.staging';
/** Folder of cached line indexes below the archive's root. */
const INDEX_FOLDER = '.index';

/** Whether the text is a calendar date written `YYYY-MM-DD`. */
export function isArchiveDate(text: string): boolean {
  if (!DATE.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

export const isArchiveTicker = (text: string): boolean => TICKER.test(text);

export const isArchivePackage = (text: string): text is PackageName => PACKAGES.includes(text);

/** The category of a file name such as `gex_full.jsonl`; undefined when it is not a record file. */
export function categoryOfFile(name: string): string | undefined {
  const category = name.slice(0, -SUFFIX.length);
  return name.endsWith(SUFFIX) && CATEGORY.test(category) ? category : undefined;
}

/** `{date}/{ticker}/{package}/{category}.jsonl`. GexError `usage` for a name that cannot be part of a path. */
export function relativeStreamPath(key: StreamKey): string {
  check('date', key.date, isArchiveDate(key.date), 'YYYY-MM-DD');
  check('ticker', key.ticker, isArchiveTicker(key.ticker), 'upper case such as SPX or ES_SPX');
  check('package', key.package, isArchivePackage(key.package), PACKAGES.join(', '));
  check('category', key.category, CATEGORY.test(key.category), 'lower case such as gex_full');
  return join(key.date, key.ticker, key.package, key.category + SUFFIX);
}

/** The file of a stream: `{root}/{date}/{ticker}/{package}/{category}.jsonl`. GexError `usage` for unsafe names. */
export function streamPath(root: string, key: StreamKey): string {
  return join(root, relativeStreamPath(key));
}

/** The stream of a record file by its path, which is `streamPath(root, key)`; undefined when it is not that of an archive. */
export function streamOfPath(path: string): { readonly root: string; readonly key: StreamKey } | undefined {
  const parts = path.split(sep);
  const [date = '', ticker = '', packageName = '', name = ''] = parts.slice(-4);
  const category = categoryOfFile(name);
  if (!category || !isArchiveDate(date) || !isArchiveTicker(ticker) || !isArchivePackage(packageName)) return undefined;
  return { root: parts.slice(0, -4).join(sep) || sep, key: { date, ticker, package: packageName, category } };
}

/** Where the cached line index of an archive file rests; undefined when the path is not inside an archive. */
export function indexPathOf(path: string): string | undefined {
  const found = streamOfPath(path);
  if (!found) return undefined;
  const { date, ticker, package: packageName, category } = found.key;
  return join(found.root, INDEX_FOLDER, date, ticker, packageName, `${category}.idx`);
}

function check(what: string, found: string, ok: boolean, expected: string): void {
  if (!ok) throw new GexError('usage', `${what} ${JSON.stringify(found)} is not valid: expected ${expected}`);
}
