import { dayOf } from '../../core/calendar.js';
import { refusal } from './refusal.js';

/** Query parameters by name in any letter case; unknown ones are ignored, as the vendor does. */
export class Params {
  readonly #values = new Map<string, string>();

  constructor(query: URLSearchParams) {
    for (const [name, value] of query) this.#values.set(name.toLowerCase(), value);
  }

  text(name: string): string | undefined {
    return this.#values.get(name.toLowerCase()) || undefined;
  }

  /** A whole number in a range; `fallback` when absent. 400 otherwise. */
  whole(name: string, fallback: number, [min, max]: readonly [number, number]): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw refusal(400, `Invalid ${name}: expected a whole number from ${min} to ${max}.`);
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    throw refusal(400, `Invalid ${name}: expected a number.`);
  }

  truth(name: string, fallback: boolean): boolean {
    const text = this.text(name)?.toLowerCase();
    if (text === undefined) return fallback;
    if (text === 'true' || text === 'false') return text === 'true';
    throw refusal(400, `Invalid ${name}: expected true or false.`);
  }

  /** One of a few words, in any letter case. */
  word<const W extends string>(name: string, words: readonly W[], fallback: W): W {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const found = words.find((word) => word.toLowerCase() === text.toLowerCase());
    if (found) return found;
    throw refusal(400, `Invalid ${name}: expected one of ${words.join(', ')}.`);
  }

  /** The date of an option expiration: `MM-DD-YYYY`, `YYYY-MM-DD` or RFC 3339, its date part taken literally. */
  date(name: string): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const american = /^(\d{2})-(\d{2})-(\d{4})$/.exec(text);
    const date = american ? `${american[3]}-${american[1]}-${american[2]}` : text.slice(0, 10);
    if (dayOf(date) !== undefined && (american || /^\d{4}-\d{2}-\d{2}(T.*)?$/.test(text))) return date;
    throw refusal(400, `Invalid ${name}: expected MM-DD-YYYY.`);
  }

  /** An instant `YYYY-MM-DDTHH:MM:SSZ`, or a date: its first or, with `end`, its last millisecond in UTC. */
  instant(name: string, end = false): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const dateOnly = /^\d{4}-\d{2}-\d{2}$/.test(text);
    const valid = dateOnly || /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/i.test(text);
    const ms = valid && dayOf(text.slice(0, 10)) !== undefined ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(ms)) throw refusal(400, `Invalid ${name}: expected YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ.`);
    return dateOnly && end ? ms + 86_400_000 - 1 : ms;
  }
}
