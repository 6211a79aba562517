import { newYorkDate, tradingDays } from '../core/calendar.js';
import { expiryInstant, settlementOf } from '../core/settlement.js';
import type { OptionName, UnderlyingSymbols } from '../feeds/tradestation/symbols.js';
import type { Ctx } from '../io/ctx.js';
import type { Asker, BarMarket } from './backfill-ask.js';
import type { Span } from './backfill-spans.js';
import { selectStrikes } from './stream-selection.js';

/** Which contracts stand for the chain of a session. */
export interface Sampling {
  /** Next expiration dates as of the session. */
  readonly expirations: number;
  /** Points around the price of the underlying. */
  readonly strikeDistance: number;
  /** Every how many-th strike, counted from the one nearest to the price. */
  readonly sampleEvery: number;
}

interface ContractChoice {
  readonly expirations: readonly string[];
  readonly contracts: readonly OptionName[];
}

/** The expirations and strikes of one underlying, asked for once in a run. */
interface Listing {
  /** Roots with their listed dates; undefined when the vendor did not say. */
  expirations(): Promise<ReadonlyMap<string, readonly string[]> | undefined>;
  strikes(root: string, date: string): Promise<readonly number[]>;
}

/** A listing that asks when it is asked. */
export function createListing(
  { chains }: UnderlyingSymbols,
  { market, asker }: { readonly market: BarMarket; readonly asker: Asker },
  ctx: Ctx,
): Listing {
  const strikes = new Map<string, readonly number[]>();
  let listed: ReadonlyMap<string, readonly string[]> | undefined;
  const symbolOf = (root: string): string => chains.find((row) => row.root === root)?.querySymbol ?? root;
  const askAll = async () => {
    const dates = new Map<string, readonly string[]>();
    for (const { querySymbol, root } of chains) {
      const found = await asker.ask(`expirations of ${querySymbol}`, () => market.expirations(querySymbol, ctx));
      if (!found) return undefined;
      dates.set(
        root,
        found.map(({ date }) => date),
      );
    }
    return dates;
  };
  return {
    expirations: async () => {
      listed ??= await askAll();
      return listed;
    },
    strikes: async (root, date) => {
      const key = `${root} ${date}`;
      const known = strikes.get(key);
      if (known) return known;
      const found = await asker.ask(`strikes of ${key}`, () => market.strikes(symbolOf(root), date, ctx));
      if (found) strikes.set(key, found);
      return found ?? [];
    },
  };
}

interface ChoiceOptions extends Sampling {
  readonly symbols: UnderlyingSymbols;
  readonly span: Span;
  /** Of the underlying in the session. */
  readonly price: number;
  readonly nowMs: number;
  /** Whether a contract traded in the session: how an expiration that is over, and listed no more, is told. */
  readonly traded: (contract: OptionName) => Promise<boolean>;
}

/**
 * The contracts of the next expirations as of the open of a session. Dates that have passed since are on no list: they are
 * tried on every session's date, with the strikes of the expiration listed next. Undefined when the vendor gave no list.
 */
export async function chooseContracts(listing: Listing, options: ChoiceOptions): Promise<ContractChoice | undefined> {
  const { symbols, span, expirations: count, nowMs } = options;
  const listed = await listing.expirations();
  if (!listed) return undefined;
  const known = new Set([...listed.values()].flat());
  const gone = tradingDays(span.date, newYorkDate(nowMs)).filter((date) => !known.has(date));
  const dates = [...new Set([...known, ...gone])].filter((date) => date >= span.date).sort();
  const choice = { expirations: [] as string[], contracts: [] as OptionName[] };
  for (const date of dates) {
    if (choice.expirations.length >= count) break;
    const before = choice.contracts.length;
    for (const root of symbols.chains.map((chain) => chain.root)) {
      if (!(expiryInstant(root, date) > span.openMs)) continue;
      choice.contracts.push(...(await contractsOf(listing, { ...options, root, date, listed })));
    }
    if (choice.contracts.length > before) choice.expirations.push(date);
  }
  return choice;
}

interface ExpirationOptions extends ChoiceOptions {
  readonly root: string;
  readonly date: string;
  readonly listed: ReadonlyMap<string, readonly string[]>;
}

async function contractsOf(listing: Listing, options: ExpirationOptions): Promise<OptionName[]> {
  const { root, date, listed, symbols, price, strikeDistance, sampleEvery } = options;
  const own = listed.get(root) ?? [];
  const isListed = own.includes(date);
  const model = isListed ? date : own.find((other) => other > date);
  const isWeekly = root === symbols.chains[0]?.root;
  if (model === undefined || (!isListed && (newYorkDate(options.nowMs) < date || !canExpire(root, date, isWeekly)))) {
    return [];
  }
  const expiryMs = expiryInstant(root, date);
  const strikes = await listing.strikes(root, model);
  const [near] = selectStrikes([{ root, date, expiryMs, strikes }], price, strikeDistance).expiries;
  if (!near) return [];
  const atMoney = nearestIndex(near.strikes, price);
  const named = (strike: number, right: 'C' | 'P'): OptionName => ({ root, date, right, strike });
  if (!isListed && !(await anyTraded(options, near.strikes[atMoney] ?? 0, named))) return [];
  return near.strikes
    .filter((_, i) => (i - atMoney) % sampleEvery === 0)
    .flatMap((strike) => [named(strike, 'C'), named(strike, 'P')]);
}

/** The first root of an underlying can expire on any day, the others on the day of their settlement at the open. */
function canExpire(root: string, date: string, isWeekly: boolean): boolean {
  return isWeekly || settlementOf(root, date) === 'am';
}

async function anyTraded(
  { traded }: ChoiceOptions,
  strike: number,
  named: (strike: number, right: 'C' | 'P') => OptionName,
): Promise<boolean> {
  return (await traded(named(strike, 'C'))) || (await traded(named(strike, 'P')));
}

function nearestIndex(strikes: readonly number[], price: number): number {
  const distance = (strike: number): number => Math.abs(strike - price);
  return strikes.reduce((best, strike, i) => (distance(strike) < distance(strikes[best] ?? price) ? i : best), 0);
}
