const KEY = Buffer.from('"timestamp"');
const COLON = 58;
const SPACE = 32;

/** Epoch milliseconds of a record's `timestamp` (Unix seconds, GexBot contract 1.6), without parsing the record; NaN when absent. */
export function timestampOf(record: Buffer): number {
  let at = record.indexOf(KEY);
  if (at === -1) return Number.NaN;
  at += KEY.length;
  while (record[at] === SPACE) at++;
  if (record[at] !== COLON) return Number.NaN;
  at++;
  while (record[at] === SPACE) at++;
  const start = at;
  while (isNumberByte(record[at])) at++;
  return at === start ? Number.NaN : Number(record.toString('latin1', start, at)) * 1000;
}

/** Digits, sign, point and exponent. */
function isNumberByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 48 && byte <= 57) || byte === 45 || byte === 43 || byte === 46 || byte === 101 || byte === 69;
}
