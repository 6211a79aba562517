import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../../config/table.js';
import { createApi } from '../../feeds/tradestation/api.js';
import { fetchBars } from '../../feeds/tradestation/bars.js';
import type { RestOptions } from '../../feeds/tradestation/rest.js';
import type { Ctx } from '../../io/ctx.js';
import { backfill } from '../../jobs/backfill.js';
import type { BarMarket } from '../../jobs/backfill-ask.js';
import { type BackfillOptions, estimateBackfill, planBackfill } from '../../jobs/backfill-plan.js';
import { openStore, type Store } from '../../stores/sql/open.js';
import { backfillFailures, printBackfill, printBackfillPlan } from '../backfill-output.js';
import type { CommandCall } from '../command.js';
import { followStandin } from '../standin-clock.js';
import { keyOf, openTradestation } from '../tradestation.js';

/** Fetches the bars that the store lacks, or prints what that would take. GexError `partial` when some could not be had. */
export async function run({ settings, ctx: outer, out }: CommandCall): Promise<void> {
  const options = optionsOf(settings);
  if (settings.dryRun) {
    const plan = await foresee(settings, options, outer);
    return printBackfillPlan(plan, estimateBackfill(plan, options), outer, out);
  }
  keyOf(settings); // before there is a store: what is refused leaves nothing behind
  const store = await openStore(databaseOf(settings));
  try {
    const { rest, ctx } = await followStandin(openTradestation(settings, store).rest, outer);
    const report = await backfill(options, { store, market: marketOf(rest) }, ctx);
    await printBackfill(report, ctx, out);
    const failed = backfillFailures(report);
    if (failed) throw failed;
  } finally {
    await store.close();
  }
}

const databaseOf = ({ dataDir }: Settings): string => join(dataDir, 'gex.db');

function optionsOf(settings: Settings): BackfillOptions {
  const { backfillUnit: unit, backfillInterval, backfillUnderlying: underlying, lookbackDays, sampleEvery } = settings;
  return {
    ...{ underlying, lookbackDays, sampleEvery, unit, interval: unit === 'Minute' ? backfillInterval : 1 },
    ...{ expirations: settings.backfillExpirations, strikeDistance: settings.backfillDistance },
  };
}

function marketOf(rest: RestOptions): BarMarket {
  const api = createApi(rest);
  return {
    bars: ({ symbol, ...window }, ctx) => fetchBars(rest, { symbol, window }, ctx),
    expirations: (symbol, ctx) => api.expirations(symbol, ctx),
    strikes: (symbol, date, ctx) => api.strikes(symbol, date, ctx),
  };
}

/** Leaves nothing behind, not even a new gex.db. */
async function foresee(settings: Settings, options: BackfillOptions, { clock }: Ctx) {
  let store: Store | undefined;
  try {
    if (existsSync(databaseOf(settings))) store = await openStore(databaseOf(settings));
    return await planBackfill(options, store?.bars, clock.now());
  } finally {
    await store?.close();
  }
}
