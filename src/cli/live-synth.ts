import { join } from 'node:path';
import type { Settings } from '../config/table.js';
import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import { type LiveSynth, type LiveSynthOptions, type LiveSynthPorts, startLiveSynth } from '../jobs/live-synth.js';
import { openStore } from '../stores/sql/open.js';

/** A synthetic market that plays, and where its records rest. */
export interface SynthMarket extends LiveSynth {
  readonly root: string;
  readonly seed: number;
}

/** What callers add to the settings. */
interface LiveSynthExtras {
  readonly ports: Omit<LiveSynthPorts, 'openStore'>;
  readonly only?: NonNullable<LiveSynthOptions['only']>;
}

/** Where nobody gives a seed: the same market every time, in the same folder. */
const SEED = 1;

/**
 * Starts a synthetic live session by the settings, in a folder of its own below the data folder: synthetic records never
 * stand among recorded ones, nor those of one seed among another's.
 */
export async function openLiveSynth(
  settings: Settings,
  { ports, only }: LiveSynthExtras,
  ctx: Ctx,
): Promise<SynthMarket> {
  const { seed = SEED, pathModel: model, playbackSpeed: speed, interval, exposureInterval } = settings;
  if (speed === 'max') {
    throw new GexError('usage', 'A live session needs a time to play in: give --speed a number from 0.1 to 100.');
  }
  const root = join(settings.dataDir, 'synth-live', `seed-${seed}-${model}`);
  const market = await startLiveSynth(
    {
      ...{ root, seed, model, speed, tickers: settings.tickers },
      ...{ intervalMs: interval, exposureIntervalMs: exposureInterval },
      ...(only && { only }),
    },
    { ...ports, openStore: () => openStore(join(root, 'gex.db')) },
    ctx,
  );
  return { ...market, root, seed };
}
