/**
 * TradeStation writes most numbers as strings and leaves out, blanks or "N/A"s what it does not know. Everything tolerant
 * is here (contract section 13): a value, or undefined for unknown, never 0.
 */

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i;
const WCF_DATE = /^\/Date\((-?\d+)(?:[+-]\d{4})?\)\/$/;
const FIRST_MS = Date.UTC(2000, 0, 1);

/** A finite number out of a number or its text; negative ones are for the caller to judge. */
export function num(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (!NUMBER.test(text)) return undefined;
  const parsed = Number(text);
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** A whole number; "123.0" is one. */
export function int(value: unknown): number | undefined {
  const parsed = num(value);
  return parsed !== undefined && Number.isSafeInteger(parsed) ? parsed : undefined;
}

/** Text that is not blank. */
export function words(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return text === '' || text.toUpperCase() === 'N/A' ? undefined : text;
}

/** Epoch ms of an RFC 3339 time, of `/Date(ms)/` or of epoch ms themselves; before 2000 is unknown. */
export function instant(value: unknown): number | undefined {
  const ms = typeof value === 'number' ? value : instantOf(words(value) ?? '');
  return Number.isFinite(ms) && ms >= FIRST_MS ? ms : undefined;
}

function instantOf(text: string): number {
  const wcf = WCF_DATE.exec(text);
  if (wcf) return Number(wcf[1]);
  const parts = RFC_3339.exec(text);
  if (!parts || !isDate(`${parts[1]}-${parts[2]}-${parts[3]}`)) return Number.NaN;
  // More than milliseconds is cut: Date.parse is not bound to read it.
  return Date.parse(parts[4] === undefined ? text : text.replace(parts[4], parts[4].slice(0, 4)));
}

/** `YYYY-MM-DD` of a text that begins with it, or of `MM-DD-YYYY`; taken literally, whatever the zone. */
export function dateOnly(value: unknown): string | undefined {
  const text = words(value) ?? '';
  const [, month, day, year] = /^(\d{2})-(\d{2})-(\d{4})$/.exec(text) ?? [];
  const date = year === undefined ? text.slice(0, 10) : `${year}-${month}-${day}`;
  return isDate(date) ? date : undefined;
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
