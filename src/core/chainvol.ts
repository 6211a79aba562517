import { businessDays, newYorkDate } from './calendar.js';
import { type Clock, type Convention, type ConventionOptions, resolveConvention } from './convention.js';
import { impliedForwards } from './forwards.js';
import { IV_STATUSES, impliedVolatilityColumns } from './impliedvol.js';
import type { ChainSnapshot, Expiry } from './model.js';
import { exclusionCode, type Mids, midsOf, PRICED, partnersOf } from './quotes.js';
import { yearsBetween } from './settlement.js';

/** A chain with everything that pricing needs: time and carry per expiry, volatility or a reason for its absence per contract. */
export interface Book {
  readonly chain: ChainSnapshot;
  readonly convention: Convention;
  readonly rate: number;
  /** Per expiry: year fraction (0 or less: expired; NaN: unknown), yield and forward. */
  readonly years: Float64Array;
  readonly dividendYield: Float64Array;
  readonly forward: Float64Array;
  /** Per contract: annual volatility, NaN where there is none. */
  readonly volatility: Float64Array;
  /** Per contract: index into EXCLUSIONS. */
  readonly exclusion: Uint8Array;
  /** Per contract: row of the other right at the same expiry and strike, or -1. */
  readonly partner: Int32Array;
  readonly warnings: readonly string[];
}

const MIN_YEARS = 30 / (365 * 24 * 60);
const BUSINESS_DAYS_PER_YEAR = 252;

/** Solves or reads every contract's volatility in a convention; what the convention had to fall back on is in `warnings`. */
export function priceBook(chain: ChainSnapshot, options: ConventionOptions = {}): Book {
  const warnings: string[] = [];
  const mids = midsOf(chain, options.maxSpread ?? resolveConvention(chain, options).maxSpread);
  const convention = withIvSource(chain, options, mids, warnings);
  const years = yearsToExpiry(chain, convention.clock);
  const partner = partnersOf(chain.contracts);
  const carry = carryOf(chain, convention, mids, partner, years, warnings);
  const book = { chain, partner, years, ...carry, warnings, rate: convention.rate };
  const exclusion = timeExclusions(chain, years);
  const solve = convention.iv === 'solve' ? solveVolatility : readVolatility;
  const volatility = solve(chain, { ...book, exclusion }, mids);
  return { ...book, volatility, exclusion };
}

/** Year fractions of the chain's expiries in a clock; those a chain states itself are taken as they are. */
function yearsToExpiry(chain: ChainSnapshot, clock: Clock): Float64Array {
  return Float64Array.from(
    chain.contracts.expiries,
    (expiry) => expiry.years ?? clockYears(chain.asOfMs, expiry, clock),
  );
}

function clockYears(asOfMs: number, expiry: Expiry, clock: Clock): number {
  if (Number.isNaN(asOfMs) || Number.isNaN(expiry.expiryMs)) return Number.NaN;
  const exact = yearsBetween(asOfMs, expiry.expiryMs);
  if (clock === 'act365') return exact;
  if (clock === 'act365-min30m') return exact > 0 ? Math.max(exact, MIN_YEARS) : exact;
  const days = businessDays(newYorkDate(asOfMs), newYorkDate(expiry.expiryMs));
  return (days < 0 ? days : Math.max(days, 1)) / BUSINESS_DAYS_PER_YEAR;
}

/** A chain that has volatilities but not one usable quote is not solved unless the caller insists. */
function withIvSource(chain: ChainSnapshot, options: ConventionOptions, mids: Mids, warnings: string[]): Convention {
  const convention = resolveConvention(chain, options);
  if (convention.iv === 'chain' || options.iv === 'solve') return convention;
  const quoted = mids.reason.some((code) => code === PRICED);
  if (quoted || !chain.iv.some((iv) => iv > 0)) return convention;
  warnings.push(
    'the chain has no quotes to solve volatilities from: its own implied volatilities are used (--iv chain)',
  );
  return { ...convention, iv: 'chain' };
}

type Carry = Pick<Book, 'convention' | 'dividendYield' | 'forward'>;

function carryOf(
  chain: ChainSnapshot,
  convention: Convention,
  mids: Mids,
  partner: Int32Array,
  years: Float64Array,
  warnings: string[],
): Carry {
  const { rate } = convention;
  const implied =
    convention.forward === 'implied'
      ? impliedForwards(chain, mids.mid, partner, years, rate)
      : new Float64Array(years.length).fill(Number.NaN);
  const flat = Number.isNaN(convention.dividendYield) ? 0 : convention.dividendYield;
  const dividendYield = implied.map((forward, e) => {
    const time = years[e] as number;
    return Number.isNaN(forward) ? flat : rate - Math.log1p((forward - chain.spot) / chain.spot) / time;
  });
  const forward = dividendYield.map((q, e) => chain.spot * Math.exp((rate - q) * (years[e] as number)));
  return { dividendYield, forward, convention: settle(convention, implied, years, warnings) };
}

/** Says which expiries have no implied forward; when none has, the convention is plain carry. */
function settle(convention: Convention, implied: Float64Array, years: Float64Array, warnings: string[]): Convention {
  if (convention.forward === 'carry') return convention;
  const live = years.filter((time) => time > 0).length;
  const without = implied.filter((forward, e) => Number.isNaN(forward) && (years[e] as number) > 0).length;
  if (without === 0) return convention;
  if (without < live) {
    warnings.push(
      `${without} of ${live} expiries have no pair of quotes to imply a forward from: yield 0 is used there`,
    );
    return convention;
  }
  warnings.push(`no quotes to imply forwards from: rate ${convention.rate} and yield 0 are used`);
  return { ...convention, forward: 'carry', dividendYield: 0, dividendYieldOrigin: 'default' };
}

function timeExclusions(chain: ChainSnapshot, years: Float64Array): Uint8Array {
  const { expiry, strike, length } = chain.contracts;
  const exclusion = new Uint8Array(length);
  const [expired, noTime, badStrike] = (['expired', 'no-time', 'bad-strike'] as const).map(exclusionCode);
  for (let row = 0; row < length; row++) {
    const time = years[expiry[row] as number] as number;
    if (Number.isNaN(time)) exclusion[row] = noTime as number;
    else if (time <= 0) exclusion[row] = expired as number;
    else if (!((strike[row] as number) > 0)) exclusion[row] = badStrike as number;
  }
  return exclusion;
}

type Unsolved = Omit<Book, 'volatility'>;

function readVolatility(chain: ChainSnapshot, book: Unsolved): Float64Array {
  const { exclusion } = book;
  const noIv = exclusionCode('no-iv');
  return chain.iv.map((iv, row) => {
    if (exclusion[row] !== PRICED) return Number.NaN;
    if (iv > 0 && iv < Number.POSITIVE_INFINITY) return iv;
    exclusion[row] = noIv;
    return Number.NaN;
  });
}

/** Solves contracts out of the money from their middles; those in the money take their partner's, else solve their own. */
function solveVolatility(chain: ChainSnapshot, book: Unsolved, mids: Mids): Float64Array {
  const { strike, side, expiry, length } = chain.contracts;
  const { exclusion, partner, forward } = book;
  const volatility = new Float64Array(length).fill(Number.NaN);
  const outside: number[] = [];
  const inside: number[] = [];
  for (let row = 0; row < length; row++) {
    if (exclusion[row] !== PRICED) continue;
    const above = (strike[row] as number) >= (forward[expiry[row] as number] as number);
    (above === (side[row] as number) > 0 ? outside : inside).push(row);
  }
  solveRows(chain, book, mids, outside, volatility);
  const alone = inside.filter((row) => {
    const borrowed = volatility[partner[row] as number] ?? Number.NaN;
    volatility[row] = borrowed;
    return Number.isNaN(borrowed);
  });
  solveRows(chain, book, mids, alone, volatility);
  return volatility;
}

const STATUS_EXCLUSION = IV_STATUSES.map((status) => (status === 'ok' ? PRICED : exclusionCode(status)));

function solveRows(chain: ChainSnapshot, book: Unsolved, mids: Mids, rows: readonly number[], out: Float64Array): void {
  const { strike, side, expiry } = chain.contracts;
  const quoted = rows.filter((row) => {
    book.exclusion[row] = mids.reason[row] as number;
    return mids.reason[row] === PRICED;
  });
  const column = (value: (row: number) => number): Float64Array => Float64Array.from(quoted, value);
  const solved = impliedVolatilityColumns(
    {
      side: Int8Array.from(quoted, (row) => side[row] as number),
      price: column((row) => mids.mid[row] as number),
      spot: new Float64Array(quoted.length).fill(chain.spot),
      strike: column((row) => strike[row] as number),
      years: column((row) => book.years[expiry[row] as number] as number),
      rate: new Float64Array(quoted.length).fill(book.rate),
      dividendYield: column((row) => book.dividendYield[expiry[row] as number] as number),
    },
    undefined,
    chain.model,
  );
  quoted.forEach((row, i) => {
    const code = STATUS_EXCLUSION[solved.status[i] as number] as number;
    book.exclusion[row] = code;
    if (code === PRICED) out[row] = solved.volatility[i] as number;
  });
}
