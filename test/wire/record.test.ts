import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { jsonText } from '../../src/wire/decimal.js';
import {
  type GexChainRecord,
  type GreekProfileRecord,
  ORDERFLOW_KEYS,
  type OrderflowKey,
  writeGexChain,
  writeGreekProfile,
  writeOrderflow,
} from '../../src/wire/record.js';

const GEXBOT = path.resolve(import.meta.dirname, '../../../shared/data/gexbot');

// The three lines of the published contract (section 3), byte for byte.
const GEX_LINE =
  '{"timestamp":1777492800,"ticker":"SPX","min_dte":0,"sec_min_dte":1,"spot":7138.55,"zero_gamma":7112.95,"major_pos_vol":7135,"major_pos_oi":7200,"major_neg_vol":7100,"major_neg_oi":6900,"strikes":[[6890,-228.01,-86.9,[-240.55,-243.15,-245.22,-221.27,-220.12]],[7385,5.5,14.27,[0,0,0,0,0]]],"sum_gex_vol":1712585.519,"sum_gex_oi":51521.105,"delta_risk_reversal":0.118,"max_priors":[[7140,170979.742],[7135,1145886.722],[7135,997473.336],[7135,1106210.715],[7135,1128504.809],[7135,1131150.488]]}';
const GREEK_LINE =
  '{"timestamp":1753283592,"ticker":"SPX","spot":6326.27,"min_dte":0,"sec_min_dte":1,"major_positive":6345,"major_negative":6280.08,"major_long_gamma":6329.46,"major_short_gamma":6335.55,"mini_contracts":[[6510,0.426,0,0,[0,0,0],null,null],[6310,0.126,0.137,52.36,[51.41,57.72,30.76],null,null]]}';
const ORDERFLOW_LINE =
  '{"timestamp":1786714202,"ticker":"SPX","spot":7806.6,"z_mlgamma":7806.13,"z_msgamma":7799.77,"o_mlgamma":7810,"o_msgamma":7790,"zero_mcall":7820,"zero_mput":7780,"one_mcall":7850,"one_mput":7750,"zcvr":1.25,"ocvr":-0.5,"zgr":0,"ogr":0,"zvanna":0,"ovanna":0,"zcharm":0,"ocharm":0,"agg_dex":400.08,"one_agg_dex":0,"agg_call_dex":0,"one_agg_call_dex":0,"agg_put_dex":0,"one_agg_put_dex":0,"net_dex":0,"one_net_dex":0,"net_call_dex":0,"one_net_call_dex":0,"net_put_dex":0,"one_net_put_dex":0,"dexoflow":-12.34,"gexoflow":0,"cvroflow":0,"one_dexoflow":0,"one_gexoflow":0,"one_cvroflow":0}';

interface GexJson {
  timestamp: number;
  ticker: string;
  min_dte: number;
  sec_min_dte: number;
  spot: number;
  zero_gamma: number;
  major_pos_vol: number;
  major_pos_oi: number;
  major_neg_vol: number;
  major_neg_oi: number;
  strikes: [number, number, number, number[]][];
  sum_gex_vol: number;
  sum_gex_oi: number;
  delta_risk_reversal: number;
  max_priors: [number, number][];
}

function gexRecord(json: GexJson): GexChainRecord {
  const column = (of: (row: GexJson['strikes'][number]) => number) => Float64Array.from(json.strikes, of);
  return {
    timestamp: json.timestamp,
    ticker: json.ticker,
    minDte: json.min_dte,
    secMinDte: json.sec_min_dte,
    spot: json.spot,
    zeroGamma: json.zero_gamma === 0 ? Number.NaN : json.zero_gamma,
    majorPosVol: json.major_pos_vol,
    majorPosOi: json.major_pos_oi,
    majorNegVol: json.major_neg_vol,
    majorNegOi: json.major_neg_oi,
    ladder: {
      from: 0,
      to: json.strikes.length,
      strike: column((row) => row[0]),
      byVolume: column((row) => row[1]),
      byOpenInterest: column((row) => row[2]),
      priors: [0, 1, 2, 3, 4].map((p) => column((row) => row[3][p] ?? Number.NaN)),
    },
    sumGexVol: json.sum_gex_vol,
    sumGexOi: json.sum_gex_oi,
    deltaRiskReversal: json.delta_risk_reversal,
    maxPriors: json.max_priors,
  };
}

function text(write: (out: ReturnType<typeof jsonText>) => void): string {
  const out = jsonText(64);
  write(out);
  return Buffer.from(out.bytes()).toString('latin1');
}

test('the published GEX line is written back byte for byte', () => {
  const record = gexRecord(JSON.parse(GEX_LINE));
  expect(text((out) => writeGexChain(out, record))).toBe(GEX_LINE);
});

test('the published greek line is written back byte for byte, an unknown volatility as 0', () => {
  const record: GreekProfileRecord = {
    timestamp: 1753283592,
    ticker: 'SPX',
    spot: 6326.27,
    minDte: 0,
    secMinDte: 1,
    majorPositive: 6345,
    majorNegative: 6280.08,
    majorLongGamma: 6329.46,
    majorShortGamma: 6335.55,
    ladder: {
      length: 2,
      strike: Float64Array.of(6510, 6310),
      callIv: Float64Array.of(0.4260001, 0.126),
      putIv: Float64Array.of(Number.NaN, 0.137),
      value: Float64Array.of(-0.001, 52.3649),
      priors: [Float64Array.of(0, 51.41), Float64Array.of(0, 57.72), Float64Array.of(0, 30.76)],
    },
  };
  expect(text((out) => writeGreekProfile(out, record))).toBe(GREEK_LINE);
});

test('the published orderflow line is written back byte for byte: 37 keys', () => {
  const json = JSON.parse(ORDERFLOW_LINE);
  const values = Object.fromEntries(ORDERFLOW_KEYS.map((key) => [key, json[key]])) as Record<OrderflowKey, number>;
  const line = text((out) =>
    writeOrderflow(out, { timestamp: json.timestamp, ticker: json.ticker, spot: json.spot, values }),
  );
  expect(line).toBe(ORDERFLOW_LINE);
  expect(Object.keys(JSON.parse(line))).toHaveLength(37);
});

test.skipIf(!existsSync(GEXBOT))('every recorded vendor payload is written back with the same keys and numbers', () => {
  const files = readdirSync(GEXBOT).filter((name) => name.startsWith('state_gex_'));
  expect(files.length).toBeGreaterThan(5);
  for (const name of files) {
    const bytes = readFileSync(path.join(GEXBOT, name));
    const lines = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').split('\n').filter(Boolean);
    for (const line of lines) {
      const payload = JSON.parse(line) as GexJson;
      const back = JSON.parse(text((out) => writeGexChain(out, gexRecord(payload))));
      expect(back).toEqual(payload);
      expect(Object.keys(back)).toEqual(Object.keys(payload));
    }
  }
});
