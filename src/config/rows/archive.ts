import type { ValueType } from '../option.js';
import { option, toggle } from '../option.js';
import { date } from '../times.js';
import { listOf, text, ticker } from '../values.js';

/** Days before it: a date, or so many days back. */
type Age = { readonly date: string } | { readonly days: number };

/** `180d`, or a date. */
const age: ValueType<Age> = {
  placeholder: 'AGE',
  accepts: 'a number of days such as 180d, or a date YYYY-MM-DD',
  parse: (value) => {
    const days = /^([1-9]\d{0,4})d$/i.exec(value)?.[1];
    if (days !== undefined) return { days: Number(days) };
    const day = date.parse(value);
    return day === undefined ? undefined : { date: day };
  },
  format: (value) => ('date' in value ? value.date : `${value.days}d`),
};

/** Options of `gex archive`; all belong to one call. */
export const ARCHIVE_ROWS = {
  archiveFrom: option({
    flag: '--from',
    type: date,
    otherwise: 'the first date held; for audit at most the 90 days the vendor keeps',
    description: 'first date to look at',
  }),
  archiveTo: option({
    flag: '--to',
    type: date,
    otherwise: 'the newest date held; for audit the last session that is over',
    description: 'last date to look at',
  }),
  archiveTickers: option({
    flag: '--tickers',
    type: listOf(ticker, 'tickers separated by commas such as SPX,ES_SPX'),
    otherwise: 'every ticker held; for audit the configured ones of gex download, where there are',
    description: 'tickers to look at',
  }),
  archiveCategories: option({
    flag: '--categories',
    type: listOf(
      text('PACKAGE/CATEGORY', 'a package and a category'),
      'packages and categories separated by commas such as classic,state/gex_full',
    ),
    otherwise: 'the configured ones of gex download, where there are, else what is held of each ticker',
    description: 'audit: packages, or categories of them, that every session should have',
  }),
  adopt: toggle({
    flag: '--adopt',
    description: 'verify: write ledger rows for whole files that have none',
  }),
  olderThan: option({
    flag: '--older-than',
    type: age,
    otherwise: 'prune asks for it',
    description: 'prune: days before this are removed',
  }),
  confirmed: toggle({ flag: '--yes', description: 'prune: remove; without it only what would go is printed' }),
  pruneDryRun: toggle({ flag: '--dry-run', description: 'prune: print what would go, also with --yes' }),
  archiveOutput: option({
    flag: '--output',
    type: text('PATH', 'a file that ends in .zip, or a folder'),
    otherwise: 'export asks for it',
    description: 'export: ZIP file in the layout of the vendor, or folder for JSON lines',
  }),
  replaceExport: toggle({ flag: '--force', description: 'export: replace what is there already' }),
} as const;
