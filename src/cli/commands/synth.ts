import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { MAX_PICKED_SEED } from '../../core/random.js';
import { type SynthReport, synth } from '../../jobs/synth.js';
import { openStore, type Store } from '../../stores/sql/open.js';
import type { CommandCall } from '../command.js';

/** Synthesises a session into the archive and the store; without a seed it picks one and says which. */
export async function run({ settings, ctx, out }: CommandCall): Promise<void> {
  const { dataDir, synthDate: date, sessionStart: start, sessionEnd: end } = settings;
  const seed = settings.seed ?? randomInt(1, MAX_PICKED_SEED);
  let store: Store | undefined;
  const open = async (): Promise<Store> => {
    store = await openStore(join(dataDir, 'gex.db'));
    return store;
  };
  try {
    const report = await synth(
      {
        ...{ root: dataDir, tickers: settings.tickers, seed, model: settings.pathModel, force: settings.replace },
        ...{ intervalMs: settings.interval, exposureIntervalMs: settings.exposureInterval },
        ...(date !== undefined && { date }),
        ...(start !== undefined && { start }),
        ...(end !== undefined && { end }),
      },
      { openStore: open },
      ctx,
    );
    await (out.json ? out.object({ schema: 'gex-synth/1', ...report }) : out.table(table(report, dataDir)));
  } finally {
    await store?.close();
  }
}

function table(report: SynthReport, dataDir: string) {
  const { date, seed, model, tickers } = report;
  return {
    head: ['session', date],
    rows: [
      ['seed', `${seed} (--seed ${seed} makes the same bytes again)`],
      ['model', model],
      ...tickers.map((one) => [
        one.ticker,
        `${one.records} records in each of ${one.files} files, ${megabytes(one.bytes)}`,
      ]),
      ['folder', join(dataDir, date)],
      ['took', `${report.seconds.toFixed(1)} s, ${Math.round(report.realTimeRatio)} times faster than the session`],
    ],
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
