import { type Convention, signOf } from './convention.js';
import type { ChainSnapshot } from './model.js';
import { add, createSums, type Sums, total } from './summation.js';

/** Exposures of a group of contracts. NaN is unknown. Market figures have no dealer sign; call and put figures of delta, vanna and charm neither. */
export interface Exposures {
  readonly callGex: number;
  readonly putGex: number;
  readonly netGex: number;
  /** Calls and puts un-netted. */
  readonly absGex: number;
  readonly netGexOpenInterest: number;
  readonly netGexVolume: number;
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

/** Exposure of one contract of open interest 1, per contract; NaN where it is not priced. A greek nobody knows has no column. */
export interface UnitExposures {
  readonly gamma: Float64Array;
  readonly delta?: Float64Array;
  readonly vanna?: Float64Array;
  readonly charm?: Float64Array;
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
  readonly market: Readonly<Record<'gamma' | 'delta' | 'vanna' | 'charm', Sides | undefined>>;
  readonly dealer: Readonly<Record<'gamma' | 'delta' | 'vanna' | 'charm', Sides | undefined>>;
  readonly openInterest: Sides | undefined;
  readonly volume: Sides | undefined;
}

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
  const known = (column: Float64Array | undefined): Float64Array | undefined =>
    column?.some((value) => value >= 0 || value < 0) ? column : undefined;
  const openInterest = known(chain.openInterest);
  const volume = known(chain.volume);
  const sides = (terms?: Float64Array, weights?: Float64Array, absolute = false): Sides | undefined =>
    terms && weights ? sumSides(side, terms, weights, groupOf, groups, absolute) : undefined;
  const each = (weights?: Float64Array): GroupSums['market'] => ({
    gamma: sides(units.gamma, weights),
    delta: sides(units.delta, weights),
    vanna: sides(units.vanna, weights),
    charm: sides(units.charm, weights),
  });
  const weights = convention.weight === 'volume' ? volume : openInterest;
  const perContract = convention.sign === 'per-contract';
  const positions = perContract ? known(chain.dealerPosition) : weights;
  const market = each(weights);
  const one = new Float64Array(side.length).fill(1);
  return {
    gexOpenInterest: sides(units.gamma, openInterest),
    gexVolume: sides(units.gamma, volume),
    gexAbsolute: sides(units.gamma, positions, true),
    market,
    dealer: perContract ? each(positions) : market,
    openInterest: sides(one, openInterest),
    volume: sides(one, volume),
  };
}

function sumSides(
  side: Int8Array,
  terms: Float64Array,
  weights: Float64Array,
  groupOf: ArrayLike<number>,
  groups: number,
  absolute: boolean,
): Sides {
  const call = createSums(groups);
  const put = createSums(groups);
  for (let row = 0; row < side.length; row++) {
    const term = (terms[row] as number) * (weights[row] as number);
    if (Number.isNaN(term)) continue;
    add((side[row] as number) > 0 ? call : put, groupOf[row] as number, absolute ? Math.abs(term) : term);
  }
  return { call, put };
}

function exposuresOf(sums: GroupSums, convention: Convention, group: number): Exposures {
  const sign = signOf(convention.sign) ?? { call: 1, put: 1 };
  const call = (sides: Sides | undefined): number => (sides ? total(sides.call, group) : Number.NaN);
  const put = (sides: Sides | undefined): number => (sides ? total(sides.put, group) : Number.NaN);
  const market = (sides: Sides | undefined): number => call(sides) + put(sides);
  const dealer = (sides: Sides | undefined): number => sign.call * call(sides) + sign.put * put(sides);
  // Inventory by volume is not known: the sign of a single contract is not a sign of its trades.
  const signed = (sides: Sides | undefined): number =>
    convention.sign === 'per-contract' ? Number.NaN : dealer(sides);
  return {
    callGex: sign.call * call(sums.dealer.gamma),
    putGex: sign.put * put(sums.dealer.gamma),
    netGex: dealer(sums.dealer.gamma),
    absGex: market(sums.gexAbsolute),
    netGexOpenInterest: signed(sums.gexOpenInterest),
    netGexVolume: signed(sums.gexVolume),
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
