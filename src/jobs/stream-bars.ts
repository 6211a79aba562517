import { fetchBars } from '../feeds/tradestation/bars.js';
import type { RestOptions } from '../feeds/tradestation/rest.js';
import type { Ctx } from '../io/ctx.js';
import { appendGap, type Gap } from '../stores/archive/gaps.js';
import type { BarTable } from '../stores/sql/bars.js';

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

const MINUTE_MS = 60_000;
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
  const fromMs = Math.floor(gap.fromMs / MINUTE_MS) * MINUTE_MS;
  const toMs = Math.ceil(gap.toMs / MINUTE_MS) * MINUTE_MS;
  const waitMs = toMs + GRACE_MS - ctx.clock.now();
  if (waitMs > 0) await ctx.clock.sleep(waitMs, ctx.signal);
  const window = { unit: 'Minute', interval: 1, fromMs, toMs } as const;
  const found = await fetchBars(rest, { symbol: barSymbol, window }, ctx);
  if (found.length === 0) return;
  await bars.insert(
    found.map(({ endMs, open, high, low, close, volume = Number.NaN }) => ({
      ...{ ticker, timeframe: '1m', startMs: endMs - MINUTE_MS, open, high, low, close, volume },
      ...{ source: 'vendor', openInterest: Number.NaN },
    })),
  );
  await appendGap(root, date, ticker, { ...gap, filled: 'bars' });
}
