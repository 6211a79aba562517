import { join } from 'node:path';
import { createApi } from '../../feeds/tradestation/api.js';
import type { Ctx } from '../../io/ctx.js';
import { stream } from '../../jobs/stream.js';
import type { StreamTick } from '../../jobs/stream-tick.js';
import { openStore } from '../../stores/sql/open.js';
import type { CommandCall } from '../command.js';
import { followStandin } from '../standin-clock.js';
import { tickDocument, tickTable } from '../stream-output.js';
import { openTradestation } from '../tradestation.js';
import type { LiveTable } from '../ui.js';

/** Records a session from live streams: a table in place on a terminal, an object per tick elsewhere. */
export async function run({ settings, ctx: outer, out }: CommandCall): Promise<void> {
  const store = await openStore(join(settings.dataDir, 'gex.db'));
  try {
    const { rest, ctx } = await followStandin(openTradestation(settings, store).rest, outer);
    const live = out.isTerminal && !out.json ? out.live() : undefined;
    const onTick = live ? tableOf(live) : (tick: StreamTick) => out.object(tickDocument(tick));
    const report = await stream(
      {
        ...{ root: settings.dataDir, tickers: [...new Set(settings.streamUnderlyings)] },
        ...{ expirations: settings.streamExpirations, strikeDistance: settings.streamStrikeDistance },
        ...{ intervalMs: settings.streamInterval * 1000, symbolsPerStream: settings.tsSymbolsPerStream },
        maxStreams: settings.tsMaxStreams,
        ...(settings.streamMaxIterations !== undefined && { maxTicks: settings.streamMaxIterations }),
        ...(settings.rate !== undefined && { rate: settings.rate }),
      },
      { rest, api: createApi(rest), store, onTick },
      live ? besides(live, ctx) : ctx,
    );
    for (const { ticker, records, gaps } of report.tickers) {
      ctx.log.info(`${ticker}: ${records} records of ${report.date}`, { gaps });
    }
  } finally {
    await store.close();
  }
}

function tableOf(live: LiveTable): (tick: StreamTick) => Promise<void> {
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
