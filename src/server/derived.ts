import { GexError } from '../errors.js';

type GexRecord = Readonly<Record<string, unknown>>;

/** Majors as JSON text, made of the bytes of a GexChain record (contract section 1.6b). Throws `data`. */
export function majorsOf(record: Buffer): string {
  const chain = parse(record);
  const of = (key: string): unknown => chain[key] ?? null;
  return JSON.stringify({
    timestamp: of('timestamp'),
    ticker: of('ticker'),
    spot: of('spot'),
    mpos_vol: of('major_pos_vol'),
    mpos_oi: of('major_pos_oi'),
    mneg_vol: of('major_neg_vol'),
    mneg_oi: of('major_neg_oi'),
    zero_gamma: of('zero_gamma'),
    net_gex_vol: of('sum_gex_vol'),
    net_gex_oi: of('sum_gex_oi'),
  });
}

/** MaxChange as JSON text, made of the bytes of a GexChain record (contract section 1.6c). Throws `data`. */
export function maxChangeOf(record: Buffer): string {
  const chain = parse(record);
  const priors: readonly unknown[] = Array.isArray(chain.max_priors) ? chain.max_priors : [];
  const [current = null, one = null, five = null, ten = null, fifteen = null, thirty = null] = priors;
  const { timestamp = null, ticker = null } = chain;
  return JSON.stringify({ timestamp, ticker, current, one, five, ten, fifteen, thirty });
}

function parse(record: Buffer): GexRecord {
  let value: unknown;
  try {
    value = JSON.parse(record.toString());
  } catch (cause) {
    throw new GexError('data', `The stored record is not JSON: ${(cause as Error).message}.`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as GexRecord;
  throw new GexError('data', 'The stored record is not a JSON object.');
}
