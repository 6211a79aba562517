import { isIndex } from '../core/settlement.js';
import { fetchBars } from '../feeds/tradestation/bars.js';
import type { RestOptions } from '../feeds/tradestation/rest.js';
import type { Ctx } from '../io/ctx.js';
import { appendGap, type Gap } from '../stores/archive/gaps.js';
import type { BarTable } from '../stores/sql/bars.js';
import { lastMinuteBefore, openedMinutes } from './backfill-bars.js';
import { MINUTE_MS, spansOf } from './backfill-spans.js';

/** Whose gaps are filled. */
interface FillerOptions {
  readonly root: string;
  readonly ticker: string;
  readonly date: string;
  readonly barSymbol: string;
}

interface FillerPorts {
  readonly rest: RestOptions;
  readonly bars: BarTable;
}

/** Fetches the underlying's minutes of gaps: what can still be had of them. Chains of the past cannot. */
export interface GapFiller {
  /** Fetches them in the background, once the last minute is over. */
  fill(gap: Gap): void;
  /** Resolves when all have been tried. */
  settled(): Promise<void>;
}

/** The bar of a minute is there a moment after its end. */
const GRACE_MS = 2000;

/** Fills gaps one after the other; what fails is told and stays unfilled until the next start. */
export function createGapFiller(options: FillerOptions, ports: FillerPorts, ctx: Ctx): GapFiller {
  let queue = Promise.resolve();
  return {
    fill: (gap) => {
      queue = queue
        .then(() => fillGap(options, gap, ports, ctx))
        .catch((error: unknown) => {
          if (!ctx.signal.aborted) ctx.log.warn(`the bars of a gap of ${options.ticker} could not be had`, { error });
        });
    },
    settled: () => queue,
  };
}

async function fillGap(
  { root, ticker, date, barSymbol }: FillerOptions,
  gap: Gap,
  { rest, bars }: FillerPorts,
  ctx: Ctx,
): Promise<void> {
  const [session] = spansOf('Minute', date, date);
  if (!session) throw new RangeError(`${date} has no session`);
  const fromMs = Math.floor(gap.fromMs / MINUTE_MS) * MINUTE_MS;
  const toMs = Math.ceil(gap.toMs / MINUTE_MS) * MINUTE_MS;
  const waitMs = toMs + GRACE_MS - ctx.clock.now();
  if (waitMs > 0) await ctx.clock.sleep(waitMs, ctx.signal);
  const repairs = isIndex(ticker) && fromMs <= session.openMs;
  const window = { unit: 'Minute', interval: 1, fromMs: repairs ? lastMinuteBefore(session) : fromMs, toMs } as const;
  const answer = await fetchBars(rest, { symbol: barSymbol, window }, ctx);
  const { minutes, repair } = openedMinutes(answer, session, ctx.clock.now());
  const found = minutes.filter(({ startMs }) => startMs >= fromMs);
  if (found.length === 0) return;
  if (repair) ctx.log.info(`${ticker}: opened at the last close, ${repair.phantom}; put right to ${repair.open}`);
  const origin = { ticker, timeframe: '1m', source: 'vendor', openInterest: Number.NaN } as const;
  await bars.insert(found.map((bar) => ({ ...bar, ...origin })));
  await appendGap(root, date, ticker, { ...gap, filled: 'bars' });
}
