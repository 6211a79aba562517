import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import type { BackfillEstimate, BackfillPlan } from '../jobs/backfill-plan.js';
import { type BackfilledSpan, type BackfillReport, RECONSTRUCTION } from '../jobs/backfill-report.js';
import type { Output } from './ui.js';

/** A row for each session (week, month) and a line that sums up, or the whole report as JSON. */
export async function printBackfill(report: BackfillReport, ctx: Ctx, out: Output): Promise<void> {
  for (const { date, phantom, open } of report.repaired) {
    ctx.log.warn(`${report.underlying} ${date}: opened at the last close, ${phantom}; put right to ${open}`);
  }
  if (report.reconstruction) ctx.log.info(report.reconstruction);
  if (out.json) return out.object({ schema: 'gex-backfill/1', ...report });
  if (report.spans.length > 0) {
    await out.table({
      head: ['date', `${report.underlying} ${report.timeframe}`, 'bars', 'expirations', 'contracts', 'contract bars'],
      rows: report.spans.map(spanRow),
      align: ['left', 'left', 'right', 'left', 'right', 'right'],
    });
  }
  ctx.log.info(summary(report));
}

function spanRow({ date, state, bars, contracts }: BackfilledSpan): string[] {
  const start = [date, STATES[state], String(bars)];
  if (!contracts) return [...start, '', '', ''];
  if (contracts.held) return [...start, '', `${contracts.chosen} held`, ''];
  const { expirations, chosen, traded = 0, reason } = contracts;
  return [...start, reason ?? expirations.join(' '), `${traded} of ${chosen} traded`, String(contracts.bars ?? 0)];
}

const STATES = {
  held: 'held',
  fetched: 'fetched',
  empty: 'the vendor has none',
  running: 'not over',
  failed: 'failed',
} as const;

function summary(report: BackfillReport): string {
  const { underlying, timeframe, from, to, spans, written, requests, seconds } = report;
  const what = `${underlying} ${timeframe}, ${from} to ${to}`;
  if (spans.length === 0) return `${what}: no session; --lookback-days reaches further back`;
  const count = (state: BackfilledSpan['state']): number => spans.filter((span) => span.state === state).length;
  const states = Object.entries(STATES)
    .map(([state, words]) => [count(state as BackfilledSpan['state']), words] as const)
    .filter(([n]) => n > 0)
    .map(([n, words]) => `${n} ${words}`);
  const bars = `${written.bars} bars and ${written.contractBars} reconstructed contract bars written`;
  const took = `${counted(requests, 'request')} in ${seconds.toFixed(1)} s`;
  return `${what}: ${counted(spans.length, spanWord(timeframe))} (${states.join(', ')}); ${bars} with ${took}`;
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

const spanWord = (timeframe: string): string => ({ '1w': 'week', '1mo': 'month' })[timeframe] ?? 'session';

/** GexError `partial` with a sentence for everything that could not be had; undefined when there is nothing. */
export function backfillFailures({ failures, requests }: BackfillReport): GexError | undefined {
  if (failures.length === 0) return undefined;
  return new GexError(
    'partial',
    `not everything could be had with ${counted(requests, 'request')}; what came is kept, run it again for the rest:`,
    {
      details: failures,
    },
  );
}

/** What would be asked for, session by session, and how long the vendor's rate budget makes that. */
export async function printBackfillPlan(
  plan: BackfillPlan,
  estimate: BackfillEstimate,
  ctx: Ctx,
  out: Output,
): Promise<void> {
  const { symbols, timeframe, from, to, spans, held, contracts, requests } = plan;
  const missing = requests.flatMap((request) => request.spans.map(({ date }) => date));
  if (out.json) {
    const window = { underlying: symbols.underlying, timeframe, from, to, spans: spans.length, held: held.size };
    const lists = { missing, contracts: contracts.map(({ date }) => date) };
    return out.object({ schema: 'gex-backfill/1', dryRun: true, ...window, ...lists, estimate });
  }
  for (const date of missing) await out.write(`Would fetch: ${symbols.underlying} ${timeframe} ${date}\n`);
  for (const { date } of contracts) await out.write(`Would sample: contracts of ${symbols.underlying} on ${date}\n`);
  if (contracts.length > 0) ctx.log.info(RECONSTRUCTION);
  const { barRequests, contractRequests, seconds } = estimate;
  ctx.log.info(
    `${symbols.underlying} ${timeframe}, ${from} to ${to}: ${held.size} of ${counted(spans.length, spanWord(timeframe))} ` +
      `held; ${counted(barRequests, 'request')} for bars, about ${contractRequests} for contracts, ` +
      `which the rate budget makes wait ${seconds} s in all`,
  );
}
