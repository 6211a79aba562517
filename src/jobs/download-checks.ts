import { newYorkInstant } from '../core/calendar.js';
import { GexError } from '../errors.js';
import type { LineSummary } from '../stores/archive/line-summary.js';
import { type StreamKey, streamName } from '../wire/catalogue.js';

/** What is known of a file that was read to its end. */
export type FileFacts = Omit<LineSummary, 'bytes'> & { readonly rows: number };

/** Files of one ticker-day have equal row counts (contract section 2.1); further apart than this is worth a word. */
const ROW_TOLERANCE = 0.1;

/** Throws GexError `data` unless a file has records and its ends are of this ticker and New York day, from 04:00 to 20:15. */
export function checkFile(key: StreamKey, facts: FileFacts): void {
  const fault = faultOf(key, facts);
  if (fault !== undefined) throw new GexError('data', `${streamName(key)}: ${fault}; it is not kept`);
}

function faultOf({ date, ticker }: StreamKey, { rows, first, last, firstMs, lastMs }: FileFacts): string | undefined {
  if (rows === 0) return 'the file has no records';
  const found = [first, last].map((record) => (record as { readonly ticker?: unknown } | null)?.ticker);
  const other = found.find((one) => one !== ticker);
  if (other !== undefined || found.includes(undefined)) return `found records of ticker ${JSON.stringify(other)}`;
  if (firstMs === undefined || lastMs === undefined) return 'found no timestamps';
  const [from, to] = [newYorkInstant(date, 4, 0), newYorkInstant(date, 20, 15)];
  const wrong = [firstMs, lastMs].find((ms) => ms < from || ms > to);
  return wrong === undefined ? undefined : `found a record of ${instant(wrong)}, which is not of that day in New York`;
}

/** What is odd within a file; undefined when nothing is. Such a file is kept: the vendor may never have a better one. */
export function oddRecords({ untimed, backwards, outside }: FileFacts): string | undefined {
  const odd = [
    untimed > 0 && `${untimed} records without a timestamp`,
    backwards > 0 && `${backwards} records earlier than the one before`,
    outside > 0 && `${outside} records of another day`,
  ].filter((text) => text !== false);
  return odd.length === 0 ? undefined : `suspicious: ${odd.join(', ')}`;
}

/** What is odd about a file's row count beside its siblings of the ticker-day; undefined when nothing is. */
export function oddRows(rows: number, typical: number): string | undefined {
  if (Math.abs(rows - typical) <= typical * ROW_TOLERANCE) return undefined;
  return `suspicious: it has ${rows} records, the other files of that ticker and day have ${typical}`;
}

function instant(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString() : String(ms);
}
