import { setImmediate as turn } from 'node:timers/promises';
import { barText } from './bar-text.js';
import { type AnswerRoute, type ApiCall, JsonText } from './call.js';
import {
  BAR_UNITS,
  type BarQuery,
  MOST_MINUTE_BARS,
  queryBars,
  SESSION_TEMPLATES,
  type ServedBar,
} from './market/bar-query.js';
import { degraded, quoteText } from './quote-text.js';
import { refusal } from './refusal.js';
import type { Instrument } from './symbols.js';

export const INVALID_SYMBOL = 'FAILED, INVALID SYMBOL';

export const QUOTE_ROUTES: readonly AnswerRoute[] = [
  { method: 'GET', pattern: /^\/v3\/marketdata\/quotes\/([^/]+)$/, resource: 'quote-snapshot', answer: quotes },
  { method: 'GET', pattern: /^\/v3\/marketdata\/barcharts\/([^/]+)$/, resource: 'barcharts', answer: barcharts },
];

/** Symbols of a path segment; 400 when there are too many. */
export function symbolsOf(segment: string, most: number): string[] {
  const symbols = [...new Set(segment.split(',').map((symbol) => symbol.trim()))].filter((symbol) => symbol !== '');
  if (symbols.length === 0) throw refusal(400, 'Symbols are required.');
  if (symbols.length > most) throw refusal(400, `Too many symbols: ${symbols.length}, at most ${most} are allowed.`);
  return symbols;
}

function quotes({ exchange, path: [segment = ''], atMs, faults, settings }: ApiCall): JsonText {
  const good: string[] = [];
  const bad: string[] = [];
  for (const symbol of symbolsOf(segment, settings.maxSymbols)) {
    const instrument = exchange.find(symbol, atMs);
    const quote = instrument && exchange.quote(instrument, atMs);
    if (!instrument || !quote || faults.invalidSymbol?.includes(symbol.toUpperCase())) {
      bad.push(JSON.stringify({ Symbol: symbol, Error: INVALID_SYMBOL }));
      continue;
    }
    const options = { scale: 'percent', delayed: faults.delayed ?? false, venue: exchange.venue(instrument) } as const;
    good.push(quoteText(degraded(quote, faults), { ...options, symbol: instrument.symbol }));
  }
  return new JsonText(`{"Quotes":[${good.join(',')}],"Errors":[${bad.join(',')}]}`);
}

async function barcharts(call: ApiCall): Promise<JsonText> {
  const {
    exchange,
    path: [symbol = ''],
    faults,
  } = call;
  const instrument = barInstrument(exchange.findEver(symbol), symbol);
  const query = barQuery(call, instrument);
  const bars = await queryBars(exchange.market, query, () => turn());
  if (bars.length === 0) throw refusal(404, 'No data available.');
  if (query.unit === 'Minute' && bars.length > MOST_MINUTE_BARS) {
    throw refusal(400, `Too many bars: at most ${MOST_MINUTE_BARS} intraday bars are allowed per request.`);
  }
  return new JsonText(`{"Bars":[${barTexts(bars, faults.clockSkewMs ?? 0).join(',')}]}`);
}

/** Bars as JSON texts; the last one that is closed ends the history. */
export function barTexts(bars: readonly ServedBar[], skewMs: number): string[] {
  const end = bars.findLastIndex(({ isOpen }) => !isOpen);
  return bars.map((bar, i) => barText(bar, { isEndOfHistory: i === end, skewMs }));
}

/** Bars exist for underlyings and options; 404 for any other symbol. */
export function barInstrument(instrument: Instrument | undefined, symbol: string): BarQuery['instrument'] {
  if (instrument?.kind === 'underlying' || instrument?.kind === 'option') return instrument;
  throw refusal(404, instrument ? 'No data available.' : `Symbol not found: ${symbol}`);
}

/** Unit, interval and template of a request for bars; 400 where they do not fit together. */
export function barShape({ params }: ApiCall): Pick<BarQuery, 'unit' | 'interval' | 'template'> {
  const unit = params.word('unit', BAR_UNITS, 'Daily');
  const interval = params.whole('interval', 1, [1, 1440]);
  if (unit !== 'Minute' && interval !== 1) throw refusal(400, `Invalid interval: it must be 1 for unit ${unit}.`);
  return { unit, interval, template: params.word('sessiontemplate', SESSION_TEMPLATES, 'Default') };
}

function barQuery(call: ApiCall, instrument: BarQuery['instrument']): BarQuery {
  const { params, atMs } = call;
  const shape = barShape(call);
  if (params.text('firstdate') && params.text('barsback')) {
    throw refusal(400, 'barsback and firstdate are mutually exclusive.');
  }
  if (params.text('lastdate') && params.text('startdate')) {
    throw refusal(400, 'lastdate and startdate are mutually exclusive.');
  }
  const most = shape.unit === 'Minute' ? MOST_MINUTE_BARS : Number.MAX_SAFE_INTEGER;
  const back = params.whole('barsback', 1, [1, most]);
  const firstMs = params.instant('firstdate');
  const lastMs = params.instant('lastdate', true) ?? params.instant('startdate', true) ?? atMs;
  if (firstMs !== undefined && firstMs > lastMs) throw refusal(400, 'firstdate lies after lastdate.');
  return { instrument, ...shape, nowMs: atMs, lastMs, range: firstMs === undefined ? { back } : { firstMs } };
}
