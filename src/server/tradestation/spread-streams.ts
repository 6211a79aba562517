import type { Expiry, Right } from '../../core/model.js';
import type { ApiCall, StreamRoute, StreamSource } from './call.js';
import type { Chain } from './exchange.js';
import { degraded } from './quote-text.js';
import { refusal } from './refusal.js';
import { checkSecondExpiration, spreadType } from './rest-options.js';
import { spreadText } from './spread-text.js';
import { optionSymbol } from './symbols.js';

const options = { method: 'GET', scope: 'OptionSpreads' } as const;

export const SPREAD_STREAMS: readonly StreamRoute[] = [
  {
    ...{ ...options, resource: 'option-chains-stream', stream: chainStream },
    pattern: /^\/v3\/marketdata\/stream\/options\/chains\/([^/]+)$/,
  },
  {
    ...{ ...options, resource: 'option-quotes-stream', stream: optionQuoteStream },
    pattern: /^\/v3\/marketdata\/stream\/options\/quotes$/,
  },
];

interface LegName {
  readonly symbol: string;
  readonly ratio: number;
}

/** One message per spread at first, then one per spread whose quote has changed. */
function spreadSource({ exchange, params, faults }: ApiCall, spreads: readonly (readonly LegName[])[]): StreamSource {
  const settings = { enableGreeks: params.truth('enableGreeks', true), riskFreeRate: params.number('riskFreeRate') };
  const sent = new Map<readonly LegName[], string>();
  const textOf = (names: readonly LegName[], atMs: number): string | undefined => {
    const legs = names.flatMap(({ symbol, ratio }) => {
      const instrument = exchange.find(symbol, atMs);
      const quote = instrument && exchange.quote(instrument, atMs);
      return instrument?.kind === 'option' && quote ? [{ instrument, ratio, quote: degraded(quote, faults) }] : [];
    });
    if (legs.length < names.length) return undefined;
    if (sent.has(names) && !legs.some(({ instrument }) => exchange.isOpen(instrument, atMs))) return undefined;
    return spreadText(exchange, legs, atMs, settings);
  };
  const step = (atMs: number): string[] =>
    spreads.flatMap((names) => {
      const text = textOf(names, atMs);
      if (text === undefined || sent.get(names) === text) return [];
      sent.set(names, text);
      return [text];
    });
  return { open: step, step };
}

/** The set of strikes is fixed when the stream opens (contract section 6.5). */
function chainStream(call: ApiCall): StreamSource {
  const {
    exchange,
    path: [symbol = ''],
    params,
    atMs,
  } = call;
  const chain = exchange.chain(symbol);
  const type = spreadType(call);
  const expiry = exchange.expiry(chain, params.date('expiration'), atMs);
  checkSecondExpiration(call, type);
  const center = params.number('priceCenter') ?? exchange.market.spotAt(chain.ticker, atMs);
  const strikes = nearStrikes(
    exchange.strikes(chain, expiry, atMs),
    center,
    params.whole('strikeProximity', 5, [1, 1000]),
  );
  const interval = params.whole('strikeInterval', 1, [1, 1000]);
  const range = params.word('strikeRange', ['All', 'ITM', 'OTM'], 'All');
  const rights = RIGHTS[params.word('optionType', ['All', 'Call', 'Put'], 'All')];
  const second = params.date('expiration2');
  const legsAt = spreadLegs(type.Name, {
    chain,
    expiry,
    ...(second && { second: exchange.expiry(chain, second, atMs) }),
  });
  const spreads = rights.flatMap((right) =>
    strikes.flatMap((strike, i) => {
      const inMoney = right === 'C' ? strike < center : strike > center;
      if (range !== 'All' && inMoney !== (range === 'ITM')) return [];
      const own = type.steps.map((step) => strikes[i + step * interval]);
      return own.every((value) => value !== undefined) ? [legsAt(right, own)] : [];
    }),
  );
  const whole = BOTH_RIGHTS.has(type.Name) ? spreads.slice(0, spreads.length / rights.length) : spreads;
  return spreadSource(call, whole);
}

const RIGHTS = { All: ['C', 'P'], Call: ['C'], Put: ['P'] } as const satisfies Record<string, readonly Right[]>;
/** Spread types that are made of calls and puts: one per strike, not one per right. */
const BOTH_RIGHTS = new Set(['Straddle', 'Strangle', 'Combo', 'Collar', 'IronButterfly', 'IronCondor']);

/** A leg: its ratio, its right (`same` is the one the row stands for), which strike of the spread, which expiry. */
type Leg = readonly [ratio: number, right: 'same' | 'C' | 'P', strike: number, expiry?: 'later'];

/** The legs by spread type. */
const LEGS: Readonly<Record<string, readonly Leg[]>> = {
  Single: [[1, 'same', 0]],
  Covered: [[-1, 'same', 0]],
  Straddle: [
    [1, 'C', 0],
    [1, 'P', 0],
  ],
  Combo: [
    [1, 'C', 0],
    [-1, 'P', 0],
  ],
  Vertical: [
    [1, 'same', 0],
    [-1, 'same', 1],
  ],
  Strangle: [
    [1, 'P', 0],
    [1, 'C', 1],
  ],
  Collar: [
    [1, 'P', 0],
    [-1, 'C', 1],
  ],
  RatioBack1x2: [
    [-1, 'same', 0],
    [2, 'same', 1],
  ],
  RatioBack1x3: [
    [-1, 'same', 0],
    [3, 'same', 1],
  ],
  RatioBack2x3: [
    [-2, 'same', 0],
    [3, 'same', 1],
  ],
  Butterfly: [
    [1, 'same', 0],
    [-2, 'same', 1],
    [1, 'same', 2],
  ],
  IronButterfly: [
    [1, 'P', 0],
    [-1, 'P', 1],
    [-1, 'C', 1],
    [1, 'C', 2],
  ],
  Condor: [
    [1, 'same', 0],
    [-1, 'same', 1],
    [-1, 'same', 2],
    [1, 'same', 3],
  ],
  IronCondor: [
    [1, 'P', 0],
    [-1, 'P', 1],
    [-1, 'C', 2],
    [1, 'C', 3],
  ],
  Calendar: [
    [-1, 'same', 0],
    [1, 'same', 0, 'later'],
  ],
  Diagonal: [
    [-1, 'same', 0],
    [1, 'same', 1, 'later'],
  ],
};

function spreadLegs(name: string, { chain, expiry, second }: { chain: Chain; expiry: Expiry; second?: Expiry }) {
  return (right: Right, strikes: readonly number[]): LegName[] =>
    (LEGS[name] ?? []).map(([ratio, of, at, when]) => ({
      ratio,
      symbol: optionSymbol({
        root: chain.root,
        date: (when === 'later' ? second : undefined)?.label ?? expiry.label,
        right: of === 'same' ? right : of,
        strike: strikes[at] as number,
      }),
    }));
}

/** `proximity` strikes above and below the centre, which counts to neither side when it is one itself. */
function nearStrikes(strikes: readonly number[], center: number, proximity: number): number[] {
  const below = strikes.filter((strike) => strike < center).slice(-proximity);
  const above = strikes.filter((strike) => strike > center).slice(0, proximity);
  return [...below, ...strikes.filter((strike) => strike === center), ...above];
}

/** One spread of the legs in the query: `legs[0].Symbol=...&legs[0].Ratio=...` (contract section 6.6). */
function optionQuoteStream(call: ApiCall): StreamSource {
  const { exchange, query, atMs } = call;
  const legs = new Map<number, { symbol?: string; ratio: number }>();
  for (const [name, value] of query) {
    const parts = /^legs\[(\d{1,2})\]\.(symbol|ratio)$/i.exec(name);
    if (!parts) continue;
    const leg = legs.get(Number(parts[1])) ?? { ratio: 1 };
    legs.set(Number(parts[1]), leg);
    if (parts[2]?.toLowerCase() === 'symbol') leg.symbol = value;
    else leg.ratio = Number(value);
  }
  const names = [...legs]
    .sort(([a], [b]) => a - b)
    .map(([index, { symbol, ratio }]) => {
      const found = symbol === undefined ? undefined : exchange.find(symbol, atMs);
      if (found?.kind !== 'option') throw refusal(400, `Invalid legs[${index}].Symbol: ${symbol ?? 'missing'}`);
      if (!Number.isInteger(ratio) || ratio === 0)
        throw refusal(400, `Invalid legs[${index}].Ratio: expected a whole number, not 0.`);
      return { symbol: found.symbol, ratio };
    });
  if (names.length === 0) throw refusal(400, 'legs[0].Symbol is required.');
  return spreadSource(call, [names]);
}
