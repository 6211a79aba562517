import { expiryInstant, settlementOf } from '../core/settlement.js';
import { GexError } from '../errors.js';
import type { TradeStationApi } from '../feeds/tradestation/api.js';
import { formatOptionSymbol, type UnderlyingSymbols } from '../feeds/tradestation/symbols.js';
import type { Ctx } from '../io/ctx.js';
import { type ListedExpiry, nextExpiries } from './stream-selection.js';

/** What an underlying has listed for a session. */
export interface Listing {
  /** By settlement instant; a third Friday has one of each root. */
  readonly expiries: readonly ListedExpiry[];
  /** Shares per contract by root. */
  readonly multipliers: ReadonlyMap<string, number>;
}

const SHARES = 100;

/**
 * The strikes of the next `count` expiration dates that live past `atMs`, every root. GexError `missing` when there are
 * none, else as the calls.
 */
export async function fetchListing(
  api: TradeStationApi,
  { symbols, count, atMs }: { readonly symbols: UnderlyingSymbols; readonly count: number; readonly atMs: number },
  ctx: Ctx,
): Promise<Listing> {
  const listed: (Omit<ListedExpiry, 'strikes'> & { readonly querySymbol: string })[] = [];
  for (const { querySymbol, root } of symbols.chains) {
    for (const { date } of await api.expirations(querySymbol, ctx)) {
      listed.push({ querySymbol, root, date, expiryMs: expiryInstant(root, date, settlementOf(root, date)) });
    }
  }
  const expiries: ListedExpiry[] = [];
  for (const { querySymbol, ...expiry } of nextExpiries(listed, count, atMs)) {
    const strikes = await api.strikes(querySymbol, expiry.date, ctx);
    if (strikes.length > 0) expiries.push({ ...expiry, strikes });
  }
  if (expiries.length === 0) {
    throw new GexError('missing', `TradeStation lists no options of ${symbols.underlying}; is the symbol right?`);
  }
  expiries.sort((a, b) => a.expiryMs - b.expiryMs);
  return { expiries, multipliers: await fetchMultipliers(api, expiries, ctx) };
}

/** One contract of a root speaks for all of it: adjusted contracts have roots of their own. */
async function fetchMultipliers(
  api: TradeStationApi,
  expiries: readonly ListedExpiry[],
  ctx: Ctx,
): Promise<Map<string, number>> {
  const roots = new Map(
    expiries.map(({ root, date, strikes: [strike = 0] }) => [
      formatOptionSymbol({ root, date, right: 'C', strike }),
      root,
    ]),
  );
  const { found } = await api.symbols([...roots.keys()], ctx);
  const multipliers = new Map([...roots.values()].map((root) => [root, SHARES]));
  for (const { symbol, pointValue } of found) {
    const root = roots.get(symbol);
    if (root !== undefined && pointValue !== undefined && pointValue > 0) multipliers.set(root, pointValue);
  }
  return multipliers;
}
