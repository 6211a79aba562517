import type { TradeStationBar } from '../feeds/tradestation/model.js';
import type { Ctx } from '../io/ctx.js';
import type { BarSpan, BarTable } from '../stores/sql/bars.js';
import type { Asker, BarMarket } from './backfill-ask.js';
import { barsOfSpan, joinMinutes, openedMinutes, type Repair, type SpanBar } from './backfill-bars.js';
import type { BackfillPlan } from './backfill-plan.js';
import type { SpanState } from './backfill-report.js';
import type { Span } from './backfill-spans.js';

/** What fetching needs: where bars rest, who is asked, and who counts. */
export interface BackfillTools {
  readonly bars: BarTable;
  readonly market: BarMarket;
  readonly asker: Asker;
}

export interface UnderlyingResult {
  readonly states: ReadonlyMap<string, SpanState>;
  readonly repaired: readonly Repair[];
  /** Bars written. */
  readonly written: number;
}

/** Fetches and stores what the plan misses of the underlying, request by request; each is kept whole or not at all. */
export async function fetchUnderlying(plan: BackfillPlan, tools: BackfillTools, ctx: Ctx): Promise<UnderlyingResult> {
  const { requests, spans, held, symbols, asked, nowMs } = plan;
  const states = new Map<string, SpanState>(spans.map(({ date }) => [date, held.has(date) ? 'held' : 'running']));
  const repaired: Repair[] = [];
  let written = 0;
  if (requests.length === 0) return { states, repaired, written };
  const progress = ctx.progress.start(`bars of ${symbols.underlying}`, requests.length);
  try {
    for (const { spans: own, fromMs, toMs } of requests) {
      const what = `bars of ${symbols.barSymbol}, ${spanName(own)}`;
      const query = { symbol: symbols.barSymbol, ...asked, fromMs, toMs: Math.min(toMs, nowMs) };
      const answer = await tools.asker.ask(what, () => tools.market.bars(query, ctx));
      if (answer) {
        const found = own.map((span) => ({ span, ...spanOf(answer, span, plan) }));
        await store(found, plan, tools.bars);
        for (const one of found) {
          written += one.bars.length;
          if (one.repair) repaired.push(one.repair);
        }
      }
      for (const span of own) states.set(span.date, answer ? stateOf(answer, span, plan) : 'failed');
      progress.advance(1, spanName(own));
    }
  } finally {
    progress.done();
  }
  return { states, repaired, written };
}

function spanName(spans: readonly Span[]): string {
  const [first, last] = [spans[0]?.date ?? '', spans.at(-1)?.date ?? ''];
  return first === last ? first : `${first} to ${last}`;
}

interface FoundBars {
  readonly bars: readonly SpanBar[];
  readonly repair?: Repair;
}

function spanOf(answer: readonly TradeStationBar[], span: Span, plan: BackfillPlan): FoundBars {
  const { asked, shape, nowMs } = plan;
  if (asked === shape) return { bars: barsOfSpan(answer, { span, shape, endMs: span.closeMs, nowMs }) };
  const { minutes, repair } = openedMinutes(answer, span, nowMs);
  return { bars: joinMinutes(minutes, { span, shape, nowMs }), ...(repair && { repair }) };
}

function stateOf(answer: readonly TradeStationBar[], span: Span, plan: BackfillPlan): SpanState {
  if (span.closeMs > plan.nowMs) return 'running';
  return spanOf(answer, span, plan).bars.length > 0 ? 'fetched' : 'empty';
}

async function store(
  found: readonly (FoundBars & { readonly span: Span })[],
  { symbols, timeframe, nowMs }: BackfillPlan,
  bars: BarTable,
): Promise<void> {
  const origin = { ticker: symbols.underlying, timeframe, source: 'vendor' } as const;
  const rows = found.flatMap((one) => one.bars.map((bar) => ({ ...bar, ...origin, openInterest: Number.NaN })));
  const spans: BarSpan[] = found.map((one) => ({
    ...{ ...origin, date: one.span.date, part: 'bars', items: one.bars.length },
    ...{ throughMs: Math.min(nowMs, one.span.closeMs), fetchedMs: nowMs },
  }));
  await bars.insert(rows, spans);
}
