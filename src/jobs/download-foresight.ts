import type { Store } from '../stores/sql/open.js';
import type { CategoryRow, StreamKey } from '../wire/catalogue.js';
import { type DownloadEstimate, estimateDownload } from './download-estimate.js';
import { planDownload } from './download-held.js';

interface ForesightOptions {
  readonly root: string;
  readonly dates: readonly string[];
  readonly tickers: readonly string[];
  readonly categories: readonly CategoryRow[];
  readonly force: boolean;
  readonly ratePerSecond: number;
}

/** What a download would do. */
export interface Foresight {
  readonly dates: readonly string[];
  readonly held: number;
  /** Files that no ledger row describes: they are read, and fetched only when they are not whole. */
  readonly check: readonly StreamKey[];
  readonly fetch: readonly StreamKey[];
  readonly estimate: DownloadEstimate;
}

/** Runs that are looked at for a speed. */
const RECENT_RUNS = 50;

/** Plans a download without network; `store` is undefined where there is none yet. GexError `storage`. */
export async function foreseeDownload(options: ForesightOptions, store: Store | undefined): Promise<Foresight> {
  const plan = await planDownload(options, store?.ledger);
  const keysOf = (need: string): StreamKey[] => plan.filter((cell) => cell.need === need).map((cell) => cell.key);
  const fetch = keysOf('fetch');
  const estimate = estimateDownload({
    cells: fetch,
    held: (await store?.ledger.list({ tickers: options.tickers })) ?? [],
    ratePerSecond: options.ratePerSecond,
    bytesPerSecond: await recentSpeed(store),
  });
  return { dates: options.dates, held: keysOf('held').length, check: keysOf('check'), fetch, estimate };
}

/** Bytes per second of the newest download that fetched something. */
async function recentSpeed(store: Store | undefined): Promise<number | undefined> {
  for (const run of (await store?.runs.latest(RECENT_RUNS)) ?? []) {
    if (run.command !== 'download' || typeof run.report !== 'object' || run.report === null) continue;
    const { bytesPerSecond } = run.report as { readonly bytesPerSecond?: unknown };
    if (typeof bytesPerSecond === 'number' && bytesPerSecond > 0) return bytesPerSecond;
  }
  return undefined;
}
