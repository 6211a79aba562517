import { type RecordEncoder, recordHead } from './record-messages.js';

/** Elements of a volume tuple, as the official client reads them; the last three may be null. */
const ELEMENTS = 7;
const NEEDED = 5;

/**
 * The text of a volume record, which travels as JSON and unscaled (contract section 5.11). Levels may come under the
 * names of a greek record; shorter tuples are filled with null, those without a value left out.
 */
export const encodeVolume: RecordEncoder = (record) => {
  const { timestamp, ticker, spot } = recordHead(record);
  const number = (...keys: readonly string[]): number =>
    (keys.map((key) => record[key]).find((value) => typeof value === 'number') as number | undefined) ?? 0;
  const tuples: readonly unknown[] = Array.isArray(record.mini_contracts) ? record.mini_contracts : [];
  const text = JSON.stringify({
    timestamp,
    ticker,
    spot,
    min_dte: number('min_dte'),
    sec_min_dte: number('sec_min_dte'),
    major_call_gamma: number('major_call_gamma', 'major_positive'),
    major_put_gamma: number('major_put_gamma', 'major_negative'),
    major_long_gamma: number('major_long_gamma'),
    major_short_gamma: number('major_short_gamma'),
    mini_contracts: tuples.flatMap((tuple) =>
      Array.isArray(tuple) && tuple.length >= NEEDED
        ? [Array.from({ length: ELEMENTS }, (_, i): unknown => tuple[i] ?? (i < 4 ? 0 : null))]
        : [],
    ),
  });
  return new TextEncoder().encode(text);
};
