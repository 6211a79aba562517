import type { Ctx } from '../io/ctx.js';
import type { BarTable } from '../stores/sql/bars.js';
import type { RunTable } from '../stores/sql/runs.js';
import { type BarMarket, createAsker } from './backfill-ask.js';
import { type ContractBackfill, createContractBackfill } from './backfill-contracts.js';
import { type BackfillOptions, type BackfillPlan, planBackfill } from './backfill-plan.js';
import { type BackfilledSpan, type BackfillReport, RECONSTRUCTION, type SpanContracts } from './backfill-report.js';
import type { Span } from './backfill-spans.js';
import { type BackfillTools, fetchUnderlying, type UnderlyingResult } from './backfill-underlying.js';

interface BackfillPorts {
  readonly store: { readonly bars: BarTable; readonly runs: RunTable };
  readonly market: BarMarket;
}

/**
 * Brings bars of the underlying, and of contracts sampled around it, for every session that the store lacks. A failed
 * request is a line of the report; `auth`, `storage`, `missing` (no such symbol) and the signal end the run, and what is
 * written stays.
 */
export async function backfill(options: BackfillOptions, ports: BackfillPorts, ctx: Ctx): Promise<BackfillReport> {
  const startedMs = ctx.clock.now();
  const { runs, bars } = ports.store;
  const run = await runs.start('backfill', startedMs, options);
  try {
    const plan = await planBackfill(options, bars, startedMs);
    const tools = { bars, market: ports.market, asker: createAsker(ctx) };
    const report = await fill(plan, options, tools, ctx);
    await runs.finish(run, ctx.clock.now(), report.failures.length > 0 ? 'failed' : 'done', report);
    return report;
  } catch (error) {
    // A disk that is full takes no row either: the error is about the disk, not about that row.
    await runs.finish(run, ctx.clock.now(), ctx.signal.aborted ? 'interrupted' : 'failed').catch((fault: unknown) => {
      ctx.log.debug('the end of the run could not be noted', { fault: String(fault) });
    });
    throw error;
  }
}

async function fill(
  plan: BackfillPlan,
  options: BackfillOptions,
  tools: BackfillTools,
  ctx: Ctx,
): Promise<BackfillReport> {
  const { symbols, timeframe, from, to, nowMs } = plan;
  const underlying = await fetchUnderlying(plan, tools, ctx);
  const contracts = createContractBackfill({ ...options, plan }, tools, ctx);
  const spans: BackfilledSpan[] = [];
  for (const span of plan.spans) spans.push(await spanReport(span, { plan, underlying, contracts }, tools));
  return {
    ...{ underlying: symbols.underlying, timeframe, from, to, spans, repaired: underlying.repaired },
    written: { bars: underlying.written, contractBars: contracts.written() },
    ...{ requests: tools.asker.requests, failures: tools.asker.failures },
    ...(spans.some((span) => span.contracts) && { reconstruction: RECONSTRUCTION }),
    seconds: (ctx.clock.now() - nowMs) / 1000,
  };
}

interface Findings {
  readonly plan: BackfillPlan;
  readonly underlying: UnderlyingResult;
  readonly contracts: ContractBackfill;
}

async function spanReport(span: Span, findings: Findings, { bars }: BackfillTools): Promise<BackfilledSpan> {
  const { plan, underlying } = findings;
  const own = await bars.between(plan.symbols.underlying, plan.timeframe, span.openMs, span.closeMs, MOST_BARS);
  const price = own.at(-1)?.close;
  const contracts = await contractsOf(span, price, findings);
  const state = underlying.states.get(span.date) ?? 'failed';
  return { date: span.date, state, bars: own.length, ...(contracts && { contracts }) };
}

/** More than any session has. */
const MOST_BARS = 2000;

async function contractsOf(
  span: Span,
  price: number | undefined,
  { plan, contracts }: Findings,
): Promise<SpanContracts | undefined> {
  const chosen = plan.chosen.get(span.date);
  if (chosen !== undefined && plan.sampled) return { held: true, expirations: [], chosen };
  if (!plan.contracts.includes(span)) return undefined;
  if (price !== undefined) return contracts.session(span, price);
  return { held: false, expirations: [], chosen: 0, reason: 'without a price of the underlying no strike is near' };
}
