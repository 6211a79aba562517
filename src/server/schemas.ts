import { z } from 'zod';
import { CATEGORIES, type CategoryRow, type PackageName } from '../wire/catalogue.js';

/**
 * Path parameters. Tickers are accepted in either case and leave in upper case; the rule is the archive's, wider than
 * the vendor's, so that a user's own instruments are served too.
 */
export const ticker = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9]{0,11}(_[A-Za-z0-9]{1,11})?$/, 'expected a ticker such as SPX or ES_SPX')
  .toUpperCase()
  .describe('Ticker, in either case')
  .meta({ examples: ['SPX'] });

export const date = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a date as YYYY-MM-DD')
  .describe('Market day, YYYY-MM-DD');

export const dateOrRange = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(\.\.\d{4}-\d{2}-\d{2})?$/, 'expected a date as YYYY-MM-DD, or FIRST..LAST')
  .describe('Market day, YYYY-MM-DD, or several in a row, FIRST..LAST');

export const packageName = z.enum(['classic', 'state', 'orderflow']).describe('Package');

/** Category of a package, by its full name or its alias; `shape` narrows it to the records of that shape. */
export function category(of: PackageName, shape?: CategoryRow['shape']): z.ZodType<string> {
  const rows = CATEGORIES.filter((row) => row.package === of && (shape === undefined || row.shape === shape));
  const names = rows.flatMap((row) => (row.alias === undefined ? [row.category] : [row.category, row.alias]));
  return z.enum(names).describe('Category, by its full name or its alias');
}

export const errorBody = z.object({ error: z.string() }).meta({ id: 'Error' });

const number = z.number().nullable();
const head = { timestamp: z.int().describe('Unix seconds'), ticker: z.string(), spot: number };
const change = z.tuple([number, number]).describe('[strike, change]').nullable();

/** The record shapes of contract section 1.6, for the documents: records themselves are passed on as stored. */
export const gexChain = z
  .object({
    ...head,
    min_dte: z.int(),
    sec_min_dte: z.int(),
    zero_gamma: number,
    major_pos_vol: number,
    major_pos_oi: number,
    major_neg_vol: number,
    major_neg_oi: number,
    strikes: z.array(z.tuple([number, number, number, z.array(number)])).describe('[strike, by volume, by OI, priors]'),
    sum_gex_vol: number,
    sum_gex_oi: number,
    delta_risk_reversal: number,
    max_priors: z.array(change),
  })
  .meta({ id: 'GexChain' });

export const greekProfile = z
  .object({
    ...head,
    min_dte: z.int(),
    sec_min_dte: z.int(),
    major_positive: number,
    major_negative: number,
    major_long_gamma: number,
    major_short_gamma: number,
    mini_contracts: z
      .array(z.tuple([number, number, number, number, z.array(number), number, z.array(number).nullable()]))
      .describe('[strike, call iv, put iv, value, priors, null, null]'),
  })
  .meta({ id: 'GreekProfile' });

const ORDERFLOW_NUMBERS = `z_mlgamma z_msgamma o_mlgamma o_msgamma zero_mcall zero_mput one_mcall one_mput zcvr ocvr zgr
  ogr zvanna ovanna zcharm ocharm agg_dex one_agg_dex agg_call_dex one_agg_call_dex agg_put_dex one_agg_put_dex net_dex
  one_net_dex net_call_dex one_net_call_dex net_put_dex one_net_put_dex dexoflow gexoflow cvroflow one_dexoflow
  one_gexoflow one_cvroflow`.split(/\s+/);

export const orderflow = z
  .object({ ...head, ...Object.fromEntries(ORDERFLOW_NUMBERS.map((name) => [name, number])) })
  .meta({ id: 'Orderflow' });

export const majors = z
  .object({
    ...head,
    mpos_vol: number,
    mpos_oi: number,
    mneg_vol: number,
    mneg_oi: number,
    zero_gamma: number,
    net_gex_vol: number,
    net_gex_oi: number,
  })
  .meta({ id: 'Majors' });

export const maxChange = z
  .object({
    timestamp: head.timestamp,
    ticker: head.ticker,
    current: change,
    one: change,
    five: change,
    ten: change,
    fifteen: change,
    thirty: change,
  })
  .meta({ id: 'MaxChange' });
