import type { ExpirySet } from '../core/ladders.js';
import { type OrderflowKey, USD_PER_RECORD_UNIT } from '../wire/record.js';
import { strikeOfExtreme } from './extremes.js';
import type { Frame } from './frame.js';

/**
 * The vendor does not define its orderflow numbers; these definitions are ours. Per expiry set (nearest date, next date),
 * dealers' positions being the other side of the trades whose aggressor is known:
 * - mlgamma, msgamma: strike of the largest long, short dealer gamma
 * - mcall, mput: strike of the largest call, put gamma by volume
 * - cvr: dealer gamma net over gross, -1 (short everywhere) to 1
 * - gr: call gamma over put gamma, by volume
 * - vanna, charm: dealers', USD millions of delta per point of volatility, per calendar day
 * - agg dex: delta of everything traded today, USD billions; net dex: delta of dealers' positions, USD billions
 * - dexoflow, gexoflow: delta and gamma (per 1 %) customers bought less sold since the last record, USD millions
 * - cvroflow: gexoflow over the gamma traded since the last record
 */
const USD_PER_DEX_UNIT = 1e9;

/** The numbers of one expiry set. */
export interface SetFlow {
  readonly longGamma: number;
  readonly shortGamma: number;
  readonly majorCall: number;
  readonly majorPut: number;
  readonly convexityRatio: number;
  readonly gexRatio: number;
  readonly vanna: number;
  readonly charm: number;
  readonly aggregateCallDex: number;
  readonly aggregatePutDex: number;
  readonly netCallDex: number;
  readonly netPutDex: number;
  readonly dexFlow: number;
  readonly gexFlow: number;
  readonly convexityFlow: number;
}

/** Volume and dealers' positions, by contract, at the last record. */
export interface LastBook {
  readonly volume: Float64Array;
  readonly position: Float64Array;
}

/** Sums a set's contracts; flows are 0 before there is a last record, and ratios NaN where there is nothing to divide by. */
export function setFlow({ chain, units, position }: Frame, set: ExpirySet, last: LastBook | undefined): SetFlow {
  const { side } = chain.contracts;
  const callGamma = new Float64Array(set.strike.length);
  const putGamma = new Float64Array(set.strike.length);
  const dealerGamma = new Float64Array(set.strike.length);
  const sums = { call: 0, put: 0, vanna: 0, charm: 0, gross: 0, net: 0 };
  const dex = { call: 0, put: 0, netCall: 0, netPut: 0 };
  const flow = { dex: 0, gex: 0, traded: 0 };
  for (let i = 0; i < set.rows.length; i++) {
    const row = set.rows[i] as number;
    const gamma = units.gamma[row] as number;
    if (Number.isNaN(gamma)) continue;
    const delta = units.delta[row] as number;
    const volume = (chain.volume[row] as number) || 0; // unknown adds nothing
    const held = position[row] as number;
    const at = set.strikeOf[i] as number;
    const call = (side[row] as number) > 0;
    const byVolume = call ? callGamma : putGamma;
    byVolume[at] = (byVolume[at] as number) + gamma * volume;
    dealerGamma[at] = (dealerGamma[at] as number) + gamma * held;
    sums[call ? 'call' : 'put'] += gamma * volume;
    sums.net += gamma * held;
    sums.gross += gamma * Math.abs(held);
    sums.vanna += (units.vanna[row] as number) * held;
    sums.charm += (units.charm[row] as number) * held;
    dex[call ? 'call' : 'put'] += delta * volume;
    dex[call ? 'netCall' : 'netPut'] += delta * held;
    if (last === undefined) continue;
    const before = last.volume[row] as number;
    if (Number.isNaN(before)) continue; // what was traded before a contract was first heard of is no flow
    const bought = (last.position[row] as number) - held;
    flow.dex += delta * bought;
    flow.gex += gamma * bought;
    flow.traded += gamma * (volume - before);
  }
  return {
    longGamma: strikeOfExtreme(set.strike, dealerGamma, 1),
    shortGamma: strikeOfExtreme(set.strike, dealerGamma, -1),
    majorCall: strikeOfExtreme(set.strike, callGamma, 1),
    majorPut: strikeOfExtreme(set.strike, putGamma, 1),
    convexityRatio: sums.net / sums.gross,
    gexRatio: sums.put > 0 ? sums.call / sums.put : Number.NaN,
    vanna: sums.vanna / USD_PER_RECORD_UNIT,
    charm: sums.charm / USD_PER_RECORD_UNIT,
    aggregateCallDex: dex.call / USD_PER_DEX_UNIT,
    aggregatePutDex: dex.put / USD_PER_DEX_UNIT,
    netCallDex: dex.netCall / USD_PER_DEX_UNIT,
    netPutDex: dex.netPut / USD_PER_DEX_UNIT,
    dexFlow: flow.dex / USD_PER_RECORD_UNIT,
    gexFlow: flow.gex / USD_PER_RECORD_UNIT,
    convexityFlow: flow.gex / flow.traded,
  };
}

/** The 34 numbers under their names on the wire. */
export function orderflowValues(zero: SetFlow, one: SetFlow): Record<OrderflowKey, number> {
  return {
    z_mlgamma: zero.longGamma,
    z_msgamma: zero.shortGamma,
    o_mlgamma: one.longGamma,
    o_msgamma: one.shortGamma,
    zero_mcall: zero.majorCall,
    zero_mput: zero.majorPut,
    one_mcall: one.majorCall,
    one_mput: one.majorPut,
    zcvr: zero.convexityRatio,
    ocvr: one.convexityRatio,
    zgr: zero.gexRatio,
    ogr: one.gexRatio,
    zvanna: zero.vanna,
    ovanna: one.vanna,
    zcharm: zero.charm,
    ocharm: one.charm,
    agg_dex: zero.aggregateCallDex + zero.aggregatePutDex,
    one_agg_dex: one.aggregateCallDex + one.aggregatePutDex,
    agg_call_dex: zero.aggregateCallDex,
    one_agg_call_dex: one.aggregateCallDex,
    agg_put_dex: zero.aggregatePutDex,
    one_agg_put_dex: one.aggregatePutDex,
    net_dex: zero.netCallDex + zero.netPutDex,
    one_net_dex: one.netCallDex + one.netPutDex,
    net_call_dex: zero.netCallDex,
    one_net_call_dex: one.netCallDex,
    net_put_dex: zero.netPutDex,
    one_net_put_dex: one.netPutDex,
    dexoflow: zero.dexFlow,
    gexoflow: zero.gexFlow,
    cvroflow: zero.convexityFlow,
    one_dexoflow: one.dexFlow,
    one_gexoflow: one.gexFlow,
    one_cvroflow: one.convexityFlow,
  };
}
