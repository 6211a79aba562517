import type { JsonText } from './decimal.js';

/**
 * GexBot's record shapes from plain numbers (contract sections 1.6 and 3): one JSON object per call, keys in the
 * vendor's order, prices and exposures at 2 decimals, sums, changes and volatilities at 3. Unknown (NaN) is 0 on the
 * wire, as the vendor writes it.
 */

/**
 * USD of gamma exposure per 1 % move in one unit of a record. The vendor does not state its unit; the sums of its SPX
 * records agree in magnitude with millions.
 */
export const USD_PER_RECORD_UNIT = 1e6;

/** Lookbacks in minutes of the priors of a GEX ladder; `max_priors` has the change since the last record before them. */
export const GEX_PRIOR_MINUTES = [1, 5, 10, 15, 30] as const;

/** Lookbacks in minutes of the priors of a greek ladder: the vendor sends three and does not name them. */
export const GREEK_PRIOR_MINUTES = [1, 5, 10] as const;

/** What every record starts with. */
export interface RecordHead {
  /** Unix seconds UTC. */
  readonly timestamp: number;
  readonly ticker: string;
  readonly spot: number;
}

/** Calendar days to the nearest expiry of the record and to the one after it. */
interface RecordDays {
  readonly minDte: number;
  readonly secMinDte: number;
}

/** Columns by strike, of which rows from `from` to before `to` are written; `priors` has one column per lookback. */
export interface GexLadder {
  readonly from: number;
  readonly to: number;
  readonly strike: Float64Array;
  readonly byVolume: Float64Array;
  readonly byOpenInterest: Float64Array;
  readonly priors: readonly Float64Array[];
}

export interface GexChainRecord extends RecordHead, RecordDays {
  /** NaN where the curve has no root. */
  readonly zeroGamma: number;
  readonly majorPosVol: number;
  readonly majorPosOi: number;
  readonly majorNegVol: number;
  readonly majorNegOi: number;
  readonly ladder: GexLadder;
  readonly sumGexVol: number;
  readonly sumGexOi: number;
  readonly deltaRiskReversal: number;
  /** Strike and change of the largest change since the last record, then since each lookback. */
  readonly maxPriors: readonly (readonly [strike: number, change: number])[];
}

/** Columns by strike; volatilities are annual decimals, NaN where unknown. */
export interface GreekLadder {
  readonly length: number;
  readonly strike: Float64Array;
  readonly callIv: Float64Array;
  readonly putIv: Float64Array;
  readonly value: Float64Array;
  readonly priors: readonly Float64Array[];
}

export interface GreekProfileRecord extends RecordHead, RecordDays {
  readonly majorPositive: number;
  readonly majorNegative: number;
  readonly majorLongGamma: number;
  readonly majorShortGamma: number;
  readonly ladder: GreekLadder;
}

/** The 34 numbers of an orderflow record in the order of the wire. */
export const ORDERFLOW_KEYS = [
  'z_mlgamma',
  'z_msgamma',
  'o_mlgamma',
  'o_msgamma',
  'zero_mcall',
  'zero_mput',
  'one_mcall',
  'one_mput',
  'zcvr',
  'ocvr',
  'zgr',
  'ogr',
  'zvanna',
  'ovanna',
  'zcharm',
  'ocharm',
  'agg_dex',
  'one_agg_dex',
  'agg_call_dex',
  'one_agg_call_dex',
  'agg_put_dex',
  'one_agg_put_dex',
  'net_dex',
  'one_net_dex',
  'net_call_dex',
  'one_net_call_dex',
  'net_put_dex',
  'one_net_put_dex',
  'dexoflow',
  'gexoflow',
  'cvroflow',
  'one_dexoflow',
  'one_gexoflow',
  'one_cvroflow',
] as const;

export type OrderflowKey = (typeof ORDERFLOW_KEYS)[number];

interface OrderflowRecord extends RecordHead {
  readonly values: Readonly<Record<OrderflowKey, number>>;
}

/** Appends a GexChain object (15 keys). */
export function writeGexChain(out: JsonText, record: GexChainRecord): void {
  out.text(`{"timestamp":${record.timestamp},"ticker":"${record.ticker}"`);
  field(out, ',"min_dte":', record.minDte, 0);
  field(out, ',"sec_min_dte":', record.secMinDte, 0);
  field(out, ',"spot":', record.spot, 2);
  field(out, ',"zero_gamma":', record.zeroGamma, 2);
  field(out, ',"major_pos_vol":', record.majorPosVol, 2);
  field(out, ',"major_pos_oi":', record.majorPosOi, 2);
  field(out, ',"major_neg_vol":', record.majorNegVol, 2);
  field(out, ',"major_neg_oi":', record.majorNegOi, 2);
  out.text(',"strikes":[');
  const { from, to, strike, byVolume, byOpenInterest, priors } = record.ladder;
  for (let i = from; i < to; i++) {
    out.text(i === from ? '[' : ',[');
    out.decimal(strike[i] as number, 2);
    field(out, ',', byVolume[i] as number, 2);
    field(out, ',', byOpenInterest[i] as number, 2);
    writePriors(out, priors, i);
    out.text(']');
  }
  field(out, '],"sum_gex_vol":', record.sumGexVol, 3);
  field(out, ',"sum_gex_oi":', record.sumGexOi, 3);
  field(out, ',"delta_risk_reversal":', record.deltaRiskReversal, 3);
  out.text(',"max_priors":[');
  for (const [index, [at, change]] of record.maxPriors.entries()) {
    field(out, index === 0 ? '[' : ',[', at, 2);
    field(out, ',', change, 3);
    out.text(']');
  }
  out.text(']}');
}

/** Appends a GreekProfile object (10 keys, 7-tuples ending in two nulls). */
export function writeGreekProfile(out: JsonText, record: GreekProfileRecord): void {
  writeHead(out, record);
  field(out, ',"min_dte":', record.minDte, 0);
  field(out, ',"sec_min_dte":', record.secMinDte, 0);
  field(out, ',"major_positive":', record.majorPositive, 2);
  field(out, ',"major_negative":', record.majorNegative, 2);
  field(out, ',"major_long_gamma":', record.majorLongGamma, 2);
  field(out, ',"major_short_gamma":', record.majorShortGamma, 2);
  out.text(',"mini_contracts":[');
  const { length, strike, callIv, putIv, value, priors } = record.ladder;
  for (let i = 0; i < length; i++) {
    field(out, i === 0 ? '[' : ',[', strike[i] as number, 2);
    field(out, ',', callIv[i] as number, 3);
    field(out, ',', putIv[i] as number, 3);
    field(out, ',', value[i] as number, 2);
    writePriors(out, priors, i);
    out.text(',null,null]');
  }
  out.text(']}');
}

/** Appends an Orderflow object (37 keys). */
export function writeOrderflow(out: JsonText, record: OrderflowRecord): void {
  writeHead(out, record);
  for (const [index, label] of ORDERFLOW_LABELS.entries()) {
    field(out, label, record.values[ORDERFLOW_KEYS[index] as OrderflowKey], 2);
  }
  out.text('}');
}

const ORDERFLOW_LABELS = ORDERFLOW_KEYS.map((key) => `,"${key}":`);

function writeHead(out: JsonText, record: RecordHead): void {
  out.text(`{"timestamp":${record.timestamp},"ticker":"${record.ticker}"`);
  field(out, ',"spot":', record.spot, 2);
}

function writePriors(out: JsonText, priors: readonly Float64Array[], row: number): void {
  for (let p = 0; p < priors.length; p++) {
    field(out, p === 0 ? ',[' : ',', (priors[p] as Float64Array)[row] as number, 2);
  }
  out.text(priors.length === 0 ? ',[]' : ']');
}

function field(out: JsonText, label: string, value: number, places: 0 | 2 | 3): void {
  out.text(label);
  out.decimal(value, places);
}
