import { messageType } from './messages.js';
import { ORDERFLOW_KEYS, type RecordHead } from './record.js';
import { signed, type Tally, unsigned } from './scale.js';

/**
 * Records as the protobuf messages of proto/ (contract sections 5.12 and 5.13): numbers scaled, rounded and saturated;
 * null and missing numbers are 0, tuples that lack elements are left out, empty lists stay absent.
 */

/** A parsed record line: any JSON object. */
export type RecordJson = Readonly<Record<string, unknown>>;

/** The bytes of a record's message; `tally` counts the numbers that did not fit. */
export type RecordEncoder = (record: RecordJson, tally: Tally) => Uint8Array;

const GEX = messageType('gex_profile.Gex');
const PROFILE = messageType('option_profile.OptionProfile');
const ORDERFLOW = messageType('orderflow_proto.Orderflow');
const SPOT = messageType('spot_price.SpotPrice');

/** Strike, value by volume, value by open interest. */
const STRIKE_ELEMENTS = 3;
/** Strike, both volatilities, value, priors. */
const CONTRACT_ELEMENTS = 5;

export const encodeGex: RecordEncoder = (record, tally) => {
  const price = (key: string) => unsigned(record[key], 2, tally);
  const sum = (key: string) => signed(record[key], 3, tally);
  return GEX.encode({
    ...head(record, tally),
    ...days(record, tally),
    zeroGamma: price('zero_gamma'),
    majorPosVol: price('major_pos_vol'),
    majorPosOi: price('major_pos_oi'),
    majorNegVol: price('major_neg_vol'),
    majorNegOi: price('major_neg_oi'),
    strikes: tuples(record.strikes, STRIKE_ELEMENTS).map((tuple) => ({
      strikePrice: unsigned(tuple[0], 2, tally),
      value_1: signed(tuple[1], 2, tally),
      value_2: signed(tuple[2], 2, tally),
      priors: list(integers(tuple[3], 2, tally)),
    })),
    sumGexVol: sum('sum_gex_vol'),
    sumGexOi: sum('sum_gex_oi'),
    deltaRiskReversal: sum('delta_risk_reversal'),
    maxPriors: maxPriors(record.max_priors, tally),
  });
};

export const encodeProfile: RecordEncoder = (record, tally) => {
  const price = (key: string) => unsigned(record[key], 2, tally);
  return PROFILE.encode({
    ...head(record, tally),
    ...days(record, tally),
    majorCallGamma: price('major_positive'),
    majorPutGamma: price('major_negative'),
    majorLongGamma: price('major_long_gamma'),
    majorShortGamma: price('major_short_gamma'),
    miniContracts: tuples(record.mini_contracts, CONTRACT_ELEMENTS).map((tuple) => ({
      strike: unsigned(tuple[0], 2, tally),
      callIvol: unsigned(tuple[1], 3, tally),
      putIvol: unsigned(tuple[2], 3, tally),
      callCvolume: signed(tuple[3], 2, tally),
      callCvolumePriors: integers(tuple[4], 2, tally),
      putCvolume: typeof tuple[5] === 'number' ? signed(tuple[5], 0, tally) : undefined,
      putCvolumePriors: list(integers(tuple[6], 0, tally)),
    })),
  });
};

/** The eight levels are prices; everything after them may be negative. */
const FIRST_SIGNED = 8;
const FIRST_NUMBER = 4;

const ORDERFLOW_FIELDS = ORDERFLOW_KEYS.map((key, index) => {
  const field = ORDERFLOW.fieldNames.get(FIRST_NUMBER + index) as string;
  return { key, field, scale: index < FIRST_SIGNED ? unsigned : signed };
});

export const encodeOrderflow: RecordEncoder = (record, tally) => {
  const message: Record<string, unknown> = head(record, tally);
  for (const { key, field, scale } of ORDERFLOW_FIELDS) message[field] = scale(record[key], 2, tally);
  return ORDERFLOW.encode(message);
};

export const encodeSpotPrice = (record: RecordHead, tally: Tally): Uint8Array =>
  SPOT.encode(head({ ...record }, tally));

/** Timestamp, ticker and price of a record; 0 and empty where it lacks them. */
export function recordHead(record: RecordJson): RecordHead {
  const { timestamp, ticker, spot } = record;
  return {
    timestamp: Number.isSafeInteger(timestamp) ? (timestamp as number) : 0,
    ticker: typeof ticker === 'string' ? ticker : '',
    spot: typeof spot === 'number' ? spot : 0,
  };
}

function head(record: RecordJson, tally: Tally) {
  const { timestamp, ticker, spot } = recordHead(record);
  return { timestamp, ticker, spot: unsigned(spot, 2, tally) };
}

function days(record: RecordJson, tally: Tally) {
  const day = (value: unknown) => (typeof value === 'number' ? signed(value, 0, tally) : undefined);
  return { minDte: day(record.min_dte), secMinDte: day(record.sec_min_dte) };
}

function maxPriors(value: unknown, tally: Tally) {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return {
    tuples: value.map((tuple: unknown) => {
      const [strike, change]: readonly unknown[] = Array.isArray(tuple) ? tuple : [];
      return { firstValue: signed(strike, 2, tally), secondValue: signed(change, 3, tally) };
    }),
  };
}

/** The arrays of at least `elements` elements in a list; other rows are left out. */
function tuples(value: unknown, elements: number): readonly (readonly unknown[])[] {
  if (!Array.isArray(value)) return [];
  return value.filter((tuple) => Array.isArray(tuple) && tuple.length >= elements);
}

function integers(value: unknown, places: 0 | 2, tally: Tally): readonly number[] {
  return Array.isArray(value) ? value.map((element) => signed(element, places, tally)) : [];
}

/** A message that only wraps a list; absent when the list is empty. */
function list(values: readonly number[]): { readonly values: readonly number[] } | undefined {
  return values.length === 0 ? undefined : { values };
}
