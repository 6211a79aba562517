import { dayOf } from './calendar.js';
import type { Right } from './model.js';

/** What an OCC option symbol names. */
interface OccContract {
  readonly root: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly right: Right;
  readonly strike: number;
}

/** Expiry, right and strike: the part of fixed width at the end of a symbol. */
const TAIL_LENGTH = 15;
const ROOT = /^(?=.{1,6}$)[A-Z]+\d?$/;
const TAIL = /^(\d{2})(\d{2})(\d{2})([CP])(\d{8})$/;

/** Reads an OCC symbol, packed (`SPXW260722C07500000`) or with the root padded to six; undefined when it is none. Years are 20yy. */
export function parseOcc(symbol: string): OccContract | undefined {
  const root = symbol.slice(0, -TAIL_LENGTH).trimEnd();
  const tail = TAIL.exec(symbol.slice(-TAIL_LENGTH));
  if (tail === null || !ROOT.test(root)) return undefined;
  const [, year, month, day, right, digits] = tail;
  const date = `20${year}-${month}-${day}`;
  const strike = Number(digits) / 1000;
  if (dayOf(date) === undefined || strike === 0) return undefined;
  return { root, date, right: right === 'C' ? 'C' : 'P', strike };
}

/**
 * The OCC symbol of a contract; `padded` fills the root to six characters (21 in all). Undefined when the strike has
 * more than three decimals or more than five digits before them: the symbol cannot say it.
 */
export function formatOcc(contract: OccContract, padded = false): string | undefined {
  const mills = Math.round(contract.strike * 1000);
  if (mills / 1000 !== contract.strike || mills <= 0 || mills > 99_999_999) return undefined;
  const root = padded ? contract.root.padEnd(6) : contract.root;
  return `${root}${contract.date.slice(2).replaceAll('-', '')}${contract.right}${String(mills).padStart(8, '0')}`;
}
