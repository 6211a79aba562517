import { join } from 'node:path';
import type { Bus } from '../../bus/bus.js';
import type { Settings } from '../../config/table.js';
import { createApi } from '../../feeds/tradestation/api.js';
import type { Ctx } from '../../io/ctx.js';
import { stream } from '../../jobs/stream.js';
import type { StreamTick } from '../../jobs/stream-tick.js';
import { openStore } from '../../stores/sql/open.js';
import { openBusPort } from '../bus.js';
import type { CommandCall } from '../command.js';
import { followStandin } from '../standin-clock.js';
import { tickDocument, tickTable } from '../stream-output.js';
import { refuseForSource } from '../stream-refusals.js';
import { streamSynth } from '../stream-synth.js';
import { openTradestation } from '../tradestation.js';
import type { LiveTable } from '../ui.js';

type OnTick = (tick: StreamTick) => void | Promise<void>;

/** Records a session from live streams, or a synthetic one: a table in place on a terminal, an object per tick elsewhere. */
export async function run(call: CommandCall): Promise<void> {
  refuseForSource(call);
  const { settings, out } = call;
  const live = out.isTerminal && !out.json ? out.live() : undefined;
  const ctx = live ? besides(live, call.ctx) : call.ctx;
  const onTick: OnTick = live ? tableOf(live) : (tick) => out.object(tickDocument(tick));
  const ports = { ...(await openBusPort(settings, ctx)), onTick };
  try {
    await (settings.streamSource === 'synth' ? streamSynth : streamTradestation)(settings, ports, ctx);
  } finally {
    await ports.bus?.close();
  }
}

interface Ports {
  readonly bus?: Bus;
  readonly onTick: OnTick;
}

async function streamTradestation(settings: Settings, ports: Ports, outer: Ctx): Promise<void> {
  const store = await openStore(join(settings.dataDir, 'gex.db'));
  try {
    const { rest, ctx } = await followStandin(openTradestation(settings, store).rest, outer);
    const report = await stream(
      {
        ...{ root: settings.dataDir, tickers: [...new Set(settings.streamUnderlyings)] },
        ...{ expirations: settings.streamExpirations, strikeDistance: settings.streamStrikeDistance },
        ...{ intervalMs: settings.streamInterval * 1000, symbolsPerStream: settings.tsSymbolsPerStream },
        maxStreams: settings.tsMaxStreams,
        ...(settings.streamMaxIterations !== undefined && { maxTicks: settings.streamMaxIterations }),
        ...(settings.rate !== undefined && { rate: settings.rate }),
      },
      { ...ports, rest, api: createApi(rest), store },
      ctx,
    );
    for (const { ticker, records, gaps } of report.tickers) {
      ctx.log.info(`${ticker}: ${records} records of ${report.date}`, { gaps });
    }
  } finally {
    await store.close();
  }
}

function tableOf(live: LiveTable): OnTick {
  const newest = new Map<string, StreamTick>();
  return async (tick) => {
    newest.set(tick.ticker, tick);
    await live.draw(tickTable([...newest.values()]));
  };
}

/** Lines of the log stand above the table, which is then drawn anew. */
function besides(live: LiveTable, ctx: Ctx): Ctx {
  const { log } = ctx;
  const line =
    (level: 'debug' | 'info' | 'warn' | 'error'): Ctx['log']['info'] =>
    (message, fields) => {
      live.release();
      log[level](message, fields);
    };
  return { ...ctx, log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') } };
}
