import { type Convention, signOf } from './convention.js';
import type { ChainSnapshot } from './model.js';
import { add, createSums, type Sums, total } from './summation.js';
import type { UnitExposures } from './unitexposures.js';

/** Exposures of a group of contracts. NaN is unknown. Market figures have no dealer sign; call and put figures of delta, vanna and charm neither. */
export interface Exposures {
  readonly callGex: number;
  readonly putGex: number;
  readonly netGex: number;
  /** Calls and puts un-netted. */
  readonly absGex: number;
  readonly netGexOpenInterest: number;
  readonly netGexVolume: number;
  readonly callGexVolume: number;
  readonly putGexVolume: number;
  /** Dollars of delta. */
  readonly dexMarket: number;
  readonly dexDealer: number;
  readonly callDex: number;
  readonly putDex: number;
  /** Dollars of delta per volatility point. */
  readonly vexMarket: number;
  readonly vexDealer: number;
  readonly callVex: number;
  readonly putVex: number;
  /** Dollars of delta per calendar day. */
  readonly chexMarket: number;
  readonly chexDealer: number;
  readonly callChex: number;
  readonly putChex: number;
  readonly callOpenInterest: number;
  readonly putOpenInterest: number;
  readonly callVolume: number;
  readonly putVolume: number;
}

interface Sides {
  readonly call: Sums;
  readonly put: Sums;
}

/** Sums by group; undefined where the greek or the weight is unknown for the whole chain. */
interface GroupSums {
  readonly gexOpenInterest: Sides | undefined;
  readonly gexVolume: Sides | undefined;
  readonly gexAbsolute: Sides | undefined;
  readonly market: GreekSums;
  readonly dealer: GreekSums;
  readonly openInterest: Sides | undefined;
  readonly volume: Sides | undefined;
}

type GreekSums = Readonly<Record<'gamma' | 'delta' | 'vanna' | 'charm', Sides | undefined>>;

/** Exposures of every group: `groupOf` gives each contract's group, 0 to `groups` - 1. */
export function exposuresBy(
  chain: ChainSnapshot,
  convention: Convention,
  units: UnitExposures,
  groupOf: ArrayLike<number>,
  groups: number,
): Exposures[] {
  const sums = groupSums(chain, convention, units, groupOf, groups);
  const rows: Exposures[] = [];
  for (let group = 0; group < groups; group++) rows.push(exposuresOf(sums, convention, group));
  return rows;
}

function groupSums(
  chain: ChainSnapshot,
  convention: Convention,
  units: UnitExposures,
  groupOf: ArrayLike<number>,
  groups: number,
): GroupSums {
  const { side } = chain.contracts;
  const openInterest = known(chain.openInterest);
  const volume = known(chain.volume);
  const one = new Float64Array(side.length).fill(1);
  const sides = (terms?: Float64Array, weights?: Float64Array): Sides | undefined =>
    terms && weights ? sumSides(side, terms, weights, groupOf, groups) : undefined;
  const greeks = (gamma: Sides | undefined, weights?: Float64Array): GreekSums => ({
    gamma,
    delta: sides(units.delta, weights),
    vanna: sides(units.vanna, weights),
    charm: sides(units.charm, weights),
  });
  const gexOpenInterest = sides(units.gamma, openInterest);
  const gexVolume = sides(units.gamma, volume);
  const byVolume = convention.weight === 'volume';
  const market = greeks(byVolume ? gexVolume : gexOpenInterest, byVolume ? volume : openInterest);
  const sums = { gexOpenInterest, gexVolume, openInterest: sides(one, openInterest), volume: sides(one, volume) };
  if (convention.sign !== 'per-contract') return { ...sums, market, dealer: market, gexAbsolute: market.gamma };
  const positions = known(chain.dealerPosition);
  return {
    ...sums,
    market,
    dealer: greeks(sides(units.gamma, positions), positions),
    gexAbsolute: sides(units.gamma, positions?.map(Math.abs)),
  };
}

/** The column, unless every row is unknown. */
function known(column: Float64Array | undefined): Float64Array | undefined {
  return column?.some((value) => !Number.isNaN(value)) ? column : undefined;
}

function sumSides(
  side: Int8Array,
  terms: Float64Array,
  weights: Float64Array,
  groupOf: ArrayLike<number>,
  groups: number,
): Sides {
  const call = createSums(groups);
  const put = createSums(groups);
  for (let row = 0; row < side.length; row++) {
    const term = (terms[row] as number) * (weights[row] as number);
    if (!Number.isNaN(term)) add((side[row] as number) > 0 ? call : put, groupOf[row] as number, term);
  }
  return { call, put };
}

function exposuresOf(sums: GroupSums, convention: Convention, group: number): Exposures {
  const sign = signOf(convention.sign) ?? { call: 1, put: 1 };
  const call = (sides: Sides | undefined): number => (sides ? total(sides.call, group) : Number.NaN);
  const put = (sides: Sides | undefined): number => (sides ? total(sides.put, group) : Number.NaN);
  const market = (sides: Sides | undefined): number => call(sides) + put(sides);
  const dealer = (sides: Sides | undefined): number => sign.call * call(sides) + sign.put * put(sides);
  // Positions per contract replace the weight: there is no such figure by another one.
  const [callSign, putSign] = convention.sign === 'per-contract' ? [Number.NaN, Number.NaN] : [sign.call, sign.put];
  const callGexVolume = callSign * call(sums.gexVolume);
  const putGexVolume = putSign * put(sums.gexVolume);
  return {
    callGex: sign.call * call(sums.dealer.gamma),
    putGex: sign.put * put(sums.dealer.gamma),
    netGex: dealer(sums.dealer.gamma),
    absGex: market(sums.gexAbsolute),
    netGexOpenInterest: callSign * call(sums.gexOpenInterest) + putSign * put(sums.gexOpenInterest),
    netGexVolume: callGexVolume + putGexVolume,
    callGexVolume,
    putGexVolume,
    dexMarket: market(sums.market.delta),
    dexDealer: dealer(sums.dealer.delta),
    callDex: call(sums.market.delta),
    putDex: put(sums.market.delta),
    vexMarket: market(sums.market.vanna),
    vexDealer: dealer(sums.dealer.vanna),
    callVex: call(sums.market.vanna),
    putVex: put(sums.market.vanna),
    chexMarket: market(sums.market.charm),
    chexDealer: dealer(sums.dealer.charm),
    callChex: call(sums.market.charm),
    putChex: put(sums.market.charm),
    callOpenInterest: call(sums.openInterest),
    putOpenInterest: put(sums.openInterest),
    callVolume: call(sums.volume),
    putVolume: put(sums.volume),
  };
}

const KEYS = [
  'callGex',
  'putGex',
  'netGex',
  'absGex',
  'netGexOpenInterest',
  'netGexVolume',
  'callGexVolume',
  'putGexVolume',
  'dexMarket',
  'dexDealer',
  'callDex',
  'putDex',
  'vexMarket',
  'vexDealer',
  'callVex',
  'putVex',
  'chexMarket',
  'chexDealer',
  'callChex',
  'putChex',
  'callOpenInterest',
  'putOpenInterest',
  'callVolume',
  'putVolume',
] as const satisfies readonly (keyof Exposures)[];

/** Exposures of all groups together. */
export function totalOf(rows: readonly Exposures[]): Exposures {
  return Object.fromEntries(
    KEYS.map((key) => {
      const sums = createSums(1);
      for (const row of rows) add(sums, 0, row[key]);
      return [key, total(sums, 0)];
    }),
  ) as unknown as Exposures;
}
