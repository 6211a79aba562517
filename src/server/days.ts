import { tradingDays } from '../core/calendar.js';
import { GexError } from '../errors.js';

/** The days a library holds. */
export interface Days {
  /** The day, or `FIRST..LAST` of several. */
  readonly date: string;
  /** Ascending; at least one. */
  readonly held: readonly string[];
  /** Sessions of the exchange within the range that are not held. */
  readonly missing: readonly string[];
}

interface Wish {
  /** The archive. */
  readonly root: string;
  /** `YYYY-MM-DD`, `FIRST..LAST`, or empty or `latest` for the newest day. */
  readonly date: string;
}

/** Chooses days among those the archive holds (ascending). Throws `missing` when none of those wished for is held. */
export function chooseDays(dates: readonly string[], { root, date }: Wish): Days {
  const newest = dates.at(-1);
  if (newest === undefined) {
    throw new GexError(
      'missing',
      `No market day is held in ${root}; make one with "gex synth", or name another folder with --data-dir.`,
    );
  }
  if (date === '' || date === 'latest') return { date: newest, held: [newest], missing: [] };
  const [first = '', last = first] = date.split('..');
  const held = dates.filter((day) => day >= first && day <= last);
  if (held.length > 0) {
    const missing = first === last ? [] : tradingDays(first, last).filter((day) => !held.includes(day));
    return { date, held, missing };
  }
  const shown = dates.slice(-10);
  const more = dates.length > shown.length ? ` and ${dates.length - shown.length} earlier` : '';
  throw new GexError('missing', `No data for ${date} in ${root}; held: ${shown.join(', ')}${more}.`);
}
