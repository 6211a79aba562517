import { join } from 'node:path';
import type { Settings } from '../../config/table.js';
import { type ConventionOptions, PRESETS } from '../../core/convention.js';
import { syntheticChain } from '../../core/synth/chain.js';
import { fetchCboeChain } from '../../feeds/cboe/client.js';
import { readChainFile } from '../../feeds/file/chain.js';
import { fetchTradestationChain } from '../../feeds/tradestation/snapshot.js';
import type { Ctx } from '../../io/ctx.js';
import type { ChainPorts } from '../../jobs/chain-source.js';
import { classicLines } from '../../jobs/classic.js';
import { type ComputeOptions, type ComputeReport, compute } from '../../jobs/compute.js';
import { storeResult } from '../../jobs/compute-store.js';
import { readStoredChain } from '../../jobs/stored-chain.js';
import { openStore } from '../../stores/sql/open.js';
import type { ChainReadOptions } from '../../wire/chain-reading.js';
import { computeDocument, strikesCsv } from '../../wire/compute-document.js';
import type { CommandCall } from '../command.js';
import { gammaPicture } from '../gex-picture.js';
import { printReport } from '../gex-report.js';
import { instantOf } from '../moment.js';
import { keyOf, openTradestation } from '../tradestation.js';
import type { Output } from '../ui.js';

/** Computes the exposures of a chain, prints them, and keeps them with `--store`. */
export async function run({ settings, origins, ctx, out }: CommandCall): Promise<void> {
  const options = optionsOf(settings, origins.ticker.layer !== 'default');
  const report = await compute(options, ports(settings, ctx), ctx);
  await print(report, options, settings, out);
  if (settings.store) await keep(report, options, settings, ctx);
}

function optionsOf(settings: Settings, isTickerStated: boolean): ComputeOptions {
  const { chain: file, source, asOf, ticker, expiry, spot, seed = 1 } = settings;
  return {
    ticker,
    isTickerStated,
    expiry,
    spot,
    seed,
    convention: conventionOf(settings),
    ...(file === undefined ? {} : { file }),
    ...(source === undefined ? {} : { source }),
    ...(asOf === undefined ? {} : { asOfMs: instantOf(asOf) }),
  };
}

/** Only what was stated: the rest is the preset's. */
function conventionOf(settings: Settings): ConventionOptions {
  const { unit, sign, weight, iv, greeks, rate, dividendYield, preset, spot, sweep } = settings;
  const stated = { unit, sign, weight, iv, greeks, rate, dividendYield };
  const { levels = 161, root = 'polished' } = PRESETS[preset].sweep ?? {};
  return {
    preset,
    spotSource: typeof spot === 'number' ? 'option' : spot,
    ...(Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined)) as ConventionOptions),
    ...(sweep === undefined ? {} : { sweep: { rungs: [sweep], levels, root } }),
  };
}

function ports(settings: Settings, ctx: Ctx): ChainPorts {
  const { dataDir, cboeBaseUrl } = settings;
  return {
    readFile: readChainFile,
    fetchCboe: (ticker, options) => fetchCboeChain(ticker, { ...options, baseUrl: cboeBaseUrl }, ctx),
    fetchTradestation: (ticker, options) => fetchTradestation(ticker, options, settings, ctx),
    readStore: (underlying, beforeMs, options) => readStoredChain(databaseIn(dataDir), underlying, beforeMs, options),
    synthesise: syntheticChain,
  };
}

/** One snapshot by the user's own key; the store paces its requests together with those of other processes. */
async function fetchTradestation(ticker: string, options: ChainReadOptions, settings: Settings, ctx: Ctx) {
  keyOf(settings); // before a store is made
  const { dataDir, expirations, expiryDays: days, strikeDistance } = settings;
  const store = await openStore(databaseIn(dataDir));
  try {
    const { api } = openTradestation(settings, store);
    const scope = {
      ...{ ...options, ticker, days },
      ...(expirations === undefined ? {} : { expirations }),
      ...(strikeDistance === undefined ? {} : { strikeDistance }),
    };
    return await fetchTradestationChain(api, scope, ctx);
  } finally {
    await store.close();
  }
}

const databaseIn = (dataDir: string): string => join(dataDir, 'gex.db');

async function print(report: ComputeReport, options: ComputeOptions, settings: Settings, out: Output): Promise<void> {
  const format = out.json ? 'json' : settings.computeFormat;
  const { profile, ageMs } = report;
  switch (format) {
    case 'json':
      return out.object(computeDocument(profile, ageMs));
    case 'csv':
      return out.write(strikesCsv(profile));
    case 'gexbot': {
      const [full] = classicLines(profile.chain, options.convention);
      await out.write(full?.bytes ?? '');
      return out.write('\n');
    }
    case 'svg':
      return out.write(gammaPicture(profile));
    case 'table':
      return printReport(report, out);
  }
}

async function keep(report: ComputeReport, options: ComputeOptions, settings: Settings, ctx: Ctx): Promise<void> {
  const { dataDir } = settings;
  const store = await openStore(databaseIn(dataDir));
  try {
    const { appended, skipped, strikes } = await storeResult(
      report,
      { dataDir, convention: options.convention, command: options },
      store,
      ctx,
    );
    for (const sentence of skipped) ctx.log.warn(sentence);
    ctx.log.info(
      `stored ${strikes} strikes and the levels in ${store.location}, ${appended.length} records in ${dataDir}`,
    );
  } finally {
    await store.close();
  }
}
