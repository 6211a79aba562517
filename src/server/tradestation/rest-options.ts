import type { Expiry } from '../../core/model.js';
import { settlementOf } from '../../core/settlement.js';
import type { AnswerRoute, ApiCall } from './call.js';
import { refusal } from './refusal.js';
import { riskReward } from './risk-reward.js';

interface SpreadType {
  readonly Name: string;
  readonly StrikeInterval: boolean;
  readonly ExpirationInterval: boolean;
  /** Distance of each strike from the first one, in strike intervals. */
  readonly steps: readonly number[];
}

const spread = (
  Name: string,
  steps: readonly number[],
  StrikeInterval: boolean,
  ExpirationInterval = false,
): SpreadType => ({
  ...{ Name, StrikeInterval, ExpirationInterval, steps },
});

/** Contract section 5.6. */
const SPREAD_TYPES: readonly SpreadType[] = [
  ...['Single', 'Straddle', 'Covered', 'Combo'].map((name) => spread(name, [0], false)),
  ...['Vertical', 'Strangle', 'RatioBack1x2', 'RatioBack1x3', 'RatioBack2x3', 'Collar'].map((name) =>
    spread(name, [0, 1], true),
  ),
  ...['Butterfly', 'IronButterfly'].map((name) => spread(name, [0, 1, 2], true)),
  ...['Condor', 'IronCondor'].map((name) => spread(name, [0, 1, 2, 3], true)),
  spread('Calendar', [0], false, true),
  spread('Diagonal', [0, 1], true, true),
];

const options = { method: 'GET', scope: 'OptionSpreads' } as const;

export const OPTION_ROUTES: readonly AnswerRoute[] = [
  {
    ...options,
    pattern: /^\/v3\/marketdata\/options\/expirations\/([^/]+)$/,
    resource: 'option-expirations',
    answer: expirations,
  },
  { ...options, pattern: /^\/v3\/marketdata\/options\/strikes\/([^/]+)$/, resource: 'option-strikes', answer: strikes },
  {
    ...options,
    pattern: /^\/v3\/marketdata\/options\/spreadtypes$/,
    resource: 'option-spreadtypes',
    answer: spreadTypes,
  },
  {
    ...{ method: 'POST', scope: 'OptionSpreads', resource: 'option-riskreward', answer: riskReward },
    pattern: /^\/v3\/marketdata\/options\/riskreward$/,
  },
];

/** The spread type a request names; 400 when there is none of that name. */
export function spreadType({ params }: ApiCall): SpreadType {
  const name = params.word(
    'spreadType',
    SPREAD_TYPES.map((row) => row.Name),
    'Single',
  );
  return SPREAD_TYPES.find((row) => row.Name === name) ?? spread('Single', [0], false);
}

function expirations({ exchange, path: [symbol = ''], params, atMs, faults }: ApiCall) {
  const chain = exchange.chain(symbol);
  const strike = params.number('strikePrice');
  const listed = faults.emptyExpirations ? [] : exchange.expiries(chain, atMs);
  const shown = listed.filter(
    (expiry) => strike === undefined || exchange.strikes(chain, expiry, atMs).includes(strike),
  );
  return { Expirations: shown.map((expiry) => ({ Date: `${expiry.label}T00:00:00Z`, Type: typeOf(expiry) })) };
}

function typeOf({ label }: Expiry): 'Monthly' | 'Weekly' {
  return settlementOf('SPX', label) === 'am' ? 'Monthly' : 'Weekly';
}

function strikes(call: ApiCall) {
  const {
    exchange,
    path: [symbol = ''],
    params,
    atMs,
    faults,
  } = call;
  const chain = exchange.chain(symbol);
  const type = spreadType(call);
  const interval = params.whole('strikeInterval', 1, [1, 1000]);
  const expiry = exchange.expiry(chain, params.date('expiration'), atMs);
  checkSecondExpiration(call, type);
  const listed = faults.emptyStrikes ? [] : exchange.strikes(chain, expiry, atMs);
  const spreads = listed.flatMap((_, i) => {
    const own = type.steps.map((step) => listed[i + step * interval]);
    return own.every((strike) => strike !== undefined) ? [own.map(String)] : [];
  });
  return { SpreadType: type.Name, Strikes: spreads };
}

/** `expiration2` belongs to spreads over two expirations, and only to them. */
export function checkSecondExpiration(
  { exchange, path: [symbol = ''], params, atMs }: ApiCall,
  type: SpreadType,
): void {
  const second = params.date('expiration2');
  if (type.ExpirationInterval && second === undefined) throw refusal(400, `expiration2 is required for ${type.Name}.`);
  if (!type.ExpirationInterval && second !== undefined)
    throw refusal(400, `expiration2 is not allowed for ${type.Name}.`);
  if (second !== undefined) exchange.expiry(exchange.chain(symbol), second, atMs);
}

function spreadTypes() {
  return { SpreadTypes: SPREAD_TYPES.map(({ steps: _, ...row }) => row) };
}
