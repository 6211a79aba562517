import type { Bus } from '../bus/bus.js';
import type { Settings } from '../config/table.js';
import type { Ctx } from '../io/ctx.js';
import type { StreamTick } from '../jobs/stream-tick.js';
import { openLiveSynth } from './live-synth.js';

interface StreamSynthPorts {
  readonly bus?: Bus;
  readonly onTick: (tick: StreamTick) => void | Promise<void>;
}

/** Records one synthetic session as it plays, in its own folder of the archive. GexError as `openLiveSynth`. */
export async function streamSynth(settings: Settings, { onTick, ...ports }: StreamSynthPorts, ctx: Ctx): Promise<void> {
  const records = new Map<string, number>();
  const count = (tick: StreamTick): void | Promise<void> => {
    records.set(tick.ticker, (records.get(tick.ticker) ?? 0) + 1);
    return onTick(tick);
  };
  const market = await openLiveSynth(
    { ...settings, tickers: settings.streamUnderlyings, interval: settings.streamInterval * 1000 },
    {
      ports: { ...ports, onTick: count },
      only: { records: settings.streamMaxIterations ?? Number.POSITIVE_INFINITY },
    },
    ctx,
  );
  try {
    ctx.log.info(`a synthetic session is recorded into ${market.root}`, { date: market.date, again: market.again });
    await market.ended;
  } finally {
    await market.close();
  }
  for (const ticker of market.tickers) ctx.log.info(`${ticker}: ${records.get(ticker) ?? 0} records of ${market.date}`);
}
