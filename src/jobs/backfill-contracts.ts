import { expiryInstant } from '../core/settlement.js';
import { GexError } from '../errors.js';
import type { TradeStationBar } from '../feeds/tradestation/model.js';
import { formatOptionSymbol, type OptionName, occSymbolOf } from '../feeds/tradestation/symbols.js';
import type { Ctx } from '../io/ctx.js';
import { mapLimited } from '../io/limit.js';
import type { BarSpan } from '../stores/sql/bars.js';
import { barsOfSpan } from './backfill-bars.js';
import { chooseContracts, createListing, type Sampling } from './backfill-choice.js';
import { type BackfillPlan, choicePart } from './backfill-plan.js';
import type { SpanContracts } from './backfill-report.js';
import { type Span, toldMs } from './backfill-spans.js';
import type { BackfillTools } from './backfill-underlying.js';

interface ContractOptions extends Sampling {
  readonly plan: BackfillPlan;
}

/** Fetches the bars of sampled contracts, session by session. */
export interface ContractBackfill {
  /** The contracts of one session, chosen around the price of its underlying. */
  session(span: Span, price: number): Promise<SpanContracts>;
  /** Bars written. */
  written(): number;
}

const AT_ONCE = 4;

/** What is held is not asked for again; the contracts of a session are remembered once all of them are held. */
export function createContractBackfill(options: ContractOptions, tools: BackfillTools, ctx: Ctx): ContractBackfill {
  const { plan, ...sampling } = options;
  const { symbols, shape, timeframe, nowMs } = plan;
  const { asker } = tools;
  const listing = createListing(symbols, tools, ctx);
  const keeper = createKeeper(plan, tools, ctx);

  const remember = (span: Span, items: number): Promise<void> => {
    const choice = { ticker: symbols.underlying, timeframe, date: span.date, part: choicePart(options), items };
    const when = { throughMs: toldMs(span, shape), fetchedMs: nowMs };
    return tools.bars.insert([], [{ ...choice, ...when, source: 'reconstructed' }]);
  };

  return {
    written: keeper.written,
    async session(span, price) {
      const missedBefore = asker.missed;
      let isWhole = true;
      const fetch = async (contract: OptionName): Promise<number> => {
        const count = await keeper.fetch(contract, span);
        if (count === undefined) isWhole = false;
        return count ?? 0;
      };
      const traded = async (contract: OptionName): Promise<boolean> => (await fetch(contract)) > 0;
      const choice = await chooseContracts(listing, { ...sampling, symbols, span, price, nowMs, traded });
      if (!choice) {
        return { held: false, price, expirations: [], chosen: 0, reason: 'the vendor gave no expirations' };
      }
      const { expirations, contracts } = choice;
      const progress = ctx.progress.start(`contracts of ${span.date}`, contracts.length);
      const bars = await mapLimited(contracts, AT_ONCE, async (contract) => {
        const count = await fetch(contract);
        progress.advance(1, formatOptionSymbol(contract));
        return count;
      }).finally(() => progress.done());
      if (isWhole && asker.missed === missedBefore && nowMs >= toldMs(span, shape))
        await remember(span, contracts.length);
      return {
        ...{ held: false, price, expirations, chosen: contracts.length },
        traded: bars.filter((count) => count > 0).length,
        bars: bars.reduce((sum, count) => sum + count, 0),
        ...(contracts.length === 0 && { reason: 'no expiration is listed, and none traded' }),
      };
    },
  };
}

/** Brings the bars of single contracts into the store. */
interface Keeper {
  /** Bars that the store holds of a contract in a session, fetched where they are missing; undefined when that failed. */
  fetch(contract: OptionName, span: Span): Promise<number | undefined>;
  written(): number;
}

function createKeeper(plan: BackfillPlan, { market, asker, bars }: BackfillTools, ctx: Ctx): Keeper {
  const { shape, timeframe, nowMs } = plan;
  const contracts = new Map<string, Promise<Map<string, number>>>();
  const failed = new Set<string>();
  let written = 0;

  /** Bars by session of what is told to the end; what this run fetches is added. */
  const readHeld = async (symbol: string): Promise<Map<string, number>> => {
    const rows = new Map((await bars.spans(symbol, timeframe, 'bars')).map((row) => [row.date, row]));
    const held = new Map<string, number>();
    for (const span of plan.spans) {
      const row = rows.get(span.date);
      if (!row || row.throughMs < toldMs(span, shape)) continue;
      const there = await bars.count(symbol, timeframe, span.openMs, toldMs(span, shape));
      if (there >= row.items) held.set(span.date, row.items);
    }
    return held;
  };

  const keep = async (ticker: string, spans: readonly Span[], answer: readonly TradeStationBar[]) => {
    const origin = { ticker, timeframe, source: 'reconstructed' } as const;
    const found = spans.map((span) => ({
      span,
      bars: barsOfSpan(answer, { span, shape, endMs: toldMs(span, shape), nowMs }).map((bar) => ({
        ...bar,
        ...origin,
      })),
    }));
    const rows: BarSpan[] = found.map((one) => ({
      ...{ ...origin, date: one.span.date, part: 'bars', items: one.bars.length },
      ...{ throughMs: Math.min(nowMs, toldMs(one.span, shape)), fetchedMs: nowMs },
    }));
    const all = found.flatMap((one) => one.bars);
    await bars.insert(all, rows);
    written += all.length;
    return found.map((one) => [one.span.date, one.bars.length] as const);
  };

  return {
    written: () => written,
    async fetch(contract, span) {
      const ticker = occSymbolOf(contract);
      if (ticker === undefined || failed.has(ticker)) return undefined;
      const reading = contracts.get(ticker) ?? readHeld(ticker);
      contracts.set(ticker, reading);
      const held = await reading;
      const known = held.get(span.date);
      if (known !== undefined) return known;
      const spans = lifeFrom(span, contract, plan).filter(({ date }) => !held.has(date));
      const symbol = formatOptionSymbol(contract);
      const toMs = Math.min(nowMs, toldMs(spans.at(-1) ?? span, shape));
      const answer = await asker.ask(`bars of ${symbol}`, () =>
        market.bars({ symbol, ...shape, fromMs: span.openMs, toMs }, ctx).catch(noneOfNoContract),
      );
      if (!answer) {
        failed.add(ticker);
        return undefined;
      }
      for (const [date, count] of await keep(ticker, spans, answer)) held.set(date, count);
      return held.get(span.date);
    },
  };
}

/** One request serves a contract for the rest of the window, up to its expiry. */
function lifeFrom(span: Span, { root, date }: OptionName, { spans, shape, nowMs }: BackfillPlan): Span[] {
  const expiryMs = expiryInstant(root, date);
  return spans.filter(({ openMs, closeMs }) => {
    const hasBars = shape.unit === 'Minute' || closeMs <= nowMs;
    return openMs >= span.openMs && openMs < expiryMs && hasBars;
  });
}

/** A contract that does not exist has no bars: which strikes an expiration had that is over, nobody tells. */
function noneOfNoContract(error: unknown): [] {
  if (error instanceof GexError && error.kind === 'missing') return [];
  throw error;
}
