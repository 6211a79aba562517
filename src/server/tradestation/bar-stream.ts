import { setImmediate as turn } from 'node:timers/promises';
import { barText } from './bar-text.js';
import type { ApiCall, StreamRoute, StreamSource } from './call.js';
import { type BarQuery, MOST_MINUTE_BARS, queryBars, type ServedBar } from './market/bar-query.js';
import { barInstrument, barShape, barTexts } from './rest-quotes.js';

export const BAR_STREAM: StreamRoute = {
  ...{ method: 'GET', resource: 'stream-barcharts', stream: barStream },
  pattern: /^\/v3\/marketdata\/stream\/barcharts\/([^/]+)$/,
};

/**
 * Historical bars, then the current bar on every change and once when it closes. `firstdate` and `lastdate` are ignored
 * silently, as the vendor does (contract section 6.4).
 */
function barStream(call: ApiCall): StreamSource {
  const {
    exchange,
    path: [symbol = ''],
    params,
    faults,
  } = call;
  const instrument = barInstrument(exchange.findEver(symbol), symbol);
  const shape = barShape(call);
  const back = params.whole('barsback', 1, [1, MOST_MINUTE_BARS]);
  const skewMs = faults.clockSkewMs ?? 0;
  const pause = () => turn();
  const query = (atMs: number, bars: number): BarQuery => {
    return { instrument, ...shape, nowMs: atMs, lastMs: atMs, range: { back: bars } };
  };
  let last: ServedBar | undefined;
  return {
    open: async (atMs) => {
      const bars = await queryBars(exchange.market, query(atMs, back), pause);
      last = bars.at(-1);
      return barTexts(bars, skewMs);
    },
    step: async (atMs) => {
      if (faults.frozenBar) return last ? [barText(last, { isEndOfHistory: false, skewMs })] : [];
      if (!exchange.isOpen(instrument, atMs) && !last?.isOpen) return [];
      const sinceMs = last === undefined ? atMs : last.startMs;
      const spanMs = shape.unit === 'Minute' ? shape.interval * 60_000 : 86_400_000;
      const count = Math.min(MOST_MINUTE_BARS, 2 + Math.ceil(Math.max(0, atMs - sinceMs) / spanMs));
      const bars = await queryBars(exchange.market, query(atMs, count), pause);
      const news = bars.filter(
        (bar) => !last || bar.endMs > last.endMs || (bar.endMs === last.endMs && differs(bar, last)),
      );
      last = bars.at(-1) ?? last;
      return news.map((bar) => barText(bar, { isEndOfHistory: false, skewMs }));
    },
  };
}

function differs(a: ServedBar, b: ServedBar): boolean {
  return a.isOpen !== b.isOpen || a.upTicks + a.downTicks !== b.upTicks + b.downTicks || a.close !== b.close;
}
