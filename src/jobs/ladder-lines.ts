import { type ExpirySetName, type LadderPlan, sumByStrike } from '../core/ladders.js';
import { type JsonText, onWire } from '../wire/decimal.js';
import {
  GEX_PRIOR_MINUTES,
  GREEK_PRIOR_MINUTES,
  USD_PER_RECORD_UNIT,
  writeGexChain,
  writeGreekProfile,
} from '../wire/record.js';
import { largestChange, strikeOfExtreme } from './extremes.js';
import type { Frame } from './frame.js';
import { type ColumnHistory, columnHistory } from './history.js';
import type { SetFlow } from './orderflow.js';

/** An empty history for the GEX ladder of a set, one for its ladder of a greek. */
export const gexHistory = (length: number): ColumnHistory => columnHistory(length, GEX_PRIOR_MINUTES);
export const greekHistory = (length: number): ColumnHistory => columnHistory(length, GREEK_PRIOR_MINUTES);

/** Half of the last decimal: smaller figures are 0 on the wire. */
const SHOWN = 0.005;
const scale = 1 / USD_PER_RECORD_UNIT;

/** Appends the GEX record of one expiry set and instant, and remembers its ladder for the priors of later ones. */
type GexLine = (out: JsonText, frame: Frame, zeroGamma: number) => void;

/**
 * Lines of one set: `classic` weighs gamma by volume and open interest with naive signs; `state` by dealers' positions,
 * and has neither open interest nor zero gamma. Ladders run from the first to the last strike that has a figure.
 */
export function gexLine(
  plan: LadderPlan,
  name: ExpirySetName,
  kind: 'classic' | 'state',
  history: ColumnHistory,
): GexLine {
  const set = plan.sets[name];
  const byVolume = new Float64Array(set.strike.length);
  const byOpenInterest = new Float64Array(set.strike.length);
  /** What readers see: changes are between figures of records, so that they can be told from the records alone. */
  const shown = new Float64Array(set.strike.length);
  const naive = kind === 'classic';
  return (out, frame, zeroGamma) => {
    const { chain, head, units, position } = frame;
    const { side } = chain.contracts;
    const sum = (weight: Float64Array, column: Float64Array): number =>
      sumByStrike(set, side, units.gamma, weight, { putSign: naive ? -1 : 1, scale, out: column });
    const sumGexVol = sum(naive ? chain.volume : position, byVolume);
    const sumGexOi = naive ? sum(chain.openInterest, byOpenInterest) : 0;
    const priors = history.priors(chain.asOfMs);
    for (let i = 0; i < shown.length; i++) shown[i] = onWire(byVolume[i] as number, 2);
    const changeFrom = (before: Float64Array) => largestChange(set.strike, shown, before);
    writeGexChain(out, {
      ...head,
      minDte: plan.minDte,
      secMinDte: plan.secMinDte,
      zeroGamma,
      majorPosVol: strikeOfExtreme(set.strike, byVolume, 1),
      majorPosOi: strikeOfExtreme(set.strike, byOpenInterest, 1),
      majorNegVol: strikeOfExtreme(set.strike, byVolume, -1),
      majorNegOi: strikeOfExtreme(set.strike, byOpenInterest, -1),
      ladder: { ...shownRange(byVolume, byOpenInterest), strike: set.strike, byVolume, byOpenInterest, priors },
      sumGexVol,
      sumGexOi,
      // The vendor discontinued this field and mostly sends 0.
      deltaRiskReversal: 0,
      maxPriors: [changeFrom(history.last()), ...priors.map(changeFrom)],
    });
    history.push(chain.asOfMs, shown);
  };
}

function shownRange(a: Float64Array, b: Float64Array): { readonly from: number; readonly to: number } {
  const shown = (i: number): boolean => Math.abs(a[i] as number) >= SHOWN || Math.abs(b[i] as number) >= SHOWN;
  let from = 0;
  let to = a.length;
  while (from < to && !shown(from)) from++;
  while (to > from && !shown(to - 1)) to--;
  return { from, to };
}

export const GREEK_LADDERS = ['delta', 'gamma', 'vanna', 'charm'] as const;
type GreekLadderName = (typeof GREEK_LADDERS)[number];

/** Appends a greek's record of one expiry set and instant, and remembers its ladder. */
type GreekLine = (out: JsonText, frame: Frame, flow: SetFlow) => void;

interface GreekLadder {
  readonly name: 'zero' | 'one';
  readonly greek: GreekLadderName;
  readonly volatilities: SetVolatilities;
}

/** Lines of one greek and set: dealers' exposure by strike in USD millions, and the set's volatilities. */
export function greekLine(
  plan: LadderPlan,
  { name, greek, volatilities }: GreekLadder,
  history: ColumnHistory,
): GreekLine {
  const set = plan.sets[name];
  const length = set.strike.length;
  const value = new Float64Array(length);
  return (out, frame, flow) => {
    const { chain, head, units, position } = frame;
    sumByStrike(set, chain.contracts.side, units[greek], position, { putSign: 1, scale, out: value });
    writeGreekProfile(out, {
      ...head,
      minDte: plan.minDte,
      secMinDte: plan.secMinDte,
      majorPositive: strikeOfExtreme(set.strike, value, 1),
      majorNegative: strikeOfExtreme(set.strike, value, -1),
      majorLongGamma: flow.longGamma,
      majorShortGamma: flow.shortGamma,
      ladder: { length, strike: set.strike, ...volatilities, value, priors: history.priors(chain.asOfMs) },
    });
    history.push(chain.asOfMs, value);
  };
}

/** Volatilities of a set by strike; of two roots at one date the one that settles later counts. */
interface SetVolatilities {
  readonly callIv: Float64Array;
  readonly putIv: Float64Array;
}

/** Columns for a set and the function that fills them. */
export function setVolatilities(
  plan: LadderPlan,
  name: 'zero' | 'one',
): { readonly columns: SetVolatilities; fill(volatility: Float64Array): void } {
  const { rows, strike, strikeOf } = plan.sets[name];
  const { side } = plan.contracts;
  const columns = { callIv: new Float64Array(strike.length), putIv: new Float64Array(strike.length) };
  return {
    columns,
    fill(volatility) {
      columns.callIv.fill(Number.NaN);
      columns.putIv.fill(Number.NaN);
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i] as number;
        const sigma = volatility[row] as number;
        const column = (side[row] as number) > 0 ? columns.callIv : columns.putIv;
        if (sigma > 0) column[strikeOf[i] as number] = sigma;
      }
    },
  };
}
