import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { GexError } from '../../src/errors.js';
import { anyBytes, parseAny } from '../../src/wire/any.js';
import { CATEGORIES } from '../../src/wire/catalogue.js';
import { encodePayload, encodeSpot } from '../../src/wire/payload.js';
import { ORDERFLOW_KEYS } from '../../src/wire/record.js';
import { prepareZstd } from '../../src/wire/zstd.js';
import { readAny, readOrderflow, readPayload, unzstd } from '../helpers/wire-reader.js';

const GEXBOT = path.resolve(import.meta.dirname, '../../../shared/data/gexbot');

// The three lines of the published contract (section 3) and their messages (section 5.15).
const GEX = {
  line: '{"timestamp":1777492800,"ticker":"SPX","min_dte":0,"sec_min_dte":1,"spot":7138.55,"zero_gamma":7112.95,"major_pos_vol":7135,"major_pos_oi":7200,"major_neg_vol":7100,"major_neg_oi":6900,"strikes":[[6890,-228.01,-86.9,[-240.55,-243.15,-245.22,-221.27,-220.12]],[7385,5.5,14.27,[0,0,0,0,0]]],"sum_gex_vol":1712585.519,"sum_gex_oi":51521.105,"delta_risk_reversal":0.118,"max_priors":[[7140,170979.742],[7135,1145886.722],[7135,997473.336],[7135,1106210.715],[7135,1128504.809],[7135,1131150.488]]}',
  hex: '08c0c6c9cf0612035350581800200228ffc82b30ffb42b389cc62b4080f92b48f0aa2b50d08e2a5a1f08e8862a10a1e40218e3870122110a0fedf702f5fb0293ff02ddd902f7d7025a1308c4892d10cc0818a61622070a05000000000060deec9fe10c68a299913170ec017a480a0a08a0945710bcc687a3010a0a08b88c571084e0e6c4080a0a08b88c5710f0f0a1b7070a0a08b88c5710b6befb9e080a0a08b88c5710d2f79cb4080a0a08b88c5710b0f2dfb608',
};
const GREEK = {
  line: '{"timestamp":1753283592,"ticker":"SPX","spot":6326.27,"min_dte":0,"sec_min_dte":1,"major_positive":6345,"major_negative":6280.08,"major_long_gamma":6329.46,"major_short_gamma":6335.55,"mini_contracts":[[6510,0.426,0,0,[0,0,0],null,null],[6310,0.126,0.137,52.36,[51.41,57.72,30.76],null,null]]}',
  hex: '0888f883c406120353505818b3ce26200028023084dd2638a8aa2640f2d02648d3d526520c08f8dd2710aa032a03000000521408d8c126107e18890120e8512a06aa50985a8830',
};
const ORDERFLOW = {
  line: '{"timestamp":1786714202,"ticker":"SPX","spot":7806.6,"z_mlgamma":7806.13,"z_msgamma":7799.77,"o_mlgamma":7810,"o_msgamma":7790,"zero_mcall":7820,"zero_mput":7780,"one_mcall":7850,"one_mput":7750,"zcvr":1.25,"ocvr":-0.5,"zgr":0,"ogr":0,"zvanna":0,"ovanna":0,"zcharm":0,"ocharm":0,"agg_dex":400.08,"one_agg_dex":0,"agg_call_dex":0,"one_agg_call_dex":0,"agg_put_dex":0,"one_agg_put_dex":0,"net_dex":0,"one_net_dex":0,"net_call_dex":0,"one_net_call_dex":0,"net_put_dex":0,"one_net_put_dex":0,"dexoflow":-12.34,"gexoflow":0,"cvroflow":0,"one_dexoflow":0,"one_gexoflow":0,"one_cvroflow":0}',
  hex: '08dab0fcd306120353505818f4d22f20c5d22f28c9cd2f30c8d52f38f8c52f40b0dd2f4890be2f50e8f42f58d8a62f60fa016863a00190f1048002a313',
};

const STREAMS = {
  gex: { package: 'classic', category: 'gex_full' },
  greek: { package: 'state', category: 'gamma_zero' },
  orderflow: { package: 'orderflow', category: 'orderflow' },
} as const;

beforeAll(prepareZstd);

const encode = (stream: Parameters<typeof encodePayload>[0], record: object | string) =>
  encodePayload(stream, Buffer.from(typeof record === 'string' ? record : JSON.stringify(record)));
const read = async (stream: Parameters<typeof encodePayload>[0], record: object) => readPayload(encode(stream, record));

test.each([
  ['gex', STREAMS.gex, GEX],
  ['greek', STREAMS.greek, GREEK],
  ['orderflow', STREAMS.orderflow, ORDERFLOW],
] as const)('the published %s record is the published message, byte for byte', async (name, stream, { line, hex }) => {
  const payload = encode(stream, line);
  expect(payload.typeUrl).toBe(`proto.${name}`);
  expect(Buffer.from(await unzstd(payload.value)).toString('hex')).toBe(hex);
  expect(payload.saturated).toBe(0);
  expect(await readPayload(readAny(anyBytes(payload)))).toEqual(JSON.parse(line));
});

test('the spot message of the published record is the published Any', async () => {
  const spot = encodeSpot(encode(STREAMS.gex, GEX.line).head);
  expect(Buffer.from(await unzstd(spot.value)).toString('hex')).toBe('08c0c6c9cf06120353505818ffc82b');
  expect(await readPayload(readAny(anyBytes(spot)))).toEqual({ timestamp: 1777492800, ticker: 'SPX', spot: 7138.55 });
  // The published frame stores its bytes as they are; which frame a compressor makes of them is its own business.
  const published = Buffer.from('Cgpwcm90by5zcG90EhgotS/9IA95AAAIwMbJzwYSA1NQWBj/yCs=', 'base64');
  expect(parseAny(published).typeUrl).toBe(spot.typeUrl);
  expect(Buffer.from(anyBytes(parseAny(published)))).toEqual(published);
  expect(await readPayload(parseAny(published))).toEqual(await readPayload(spot));
});

test('every category of the catalogue and every explicit expiry has a payload', () => {
  for (const { package: name, category, shape } of CATEGORIES) {
    expect(encode({ package: name, category }, '{}').typeUrl).toBe(`proto.${shape}`);
  }
  expect(encode({ package: 'classic', category: 'gex_20260821' }, '{}').typeUrl).toBe('proto.gex');
  expect(encode({ package: 'state', category: 'vanna_20260821' }, '{}').typeUrl).toBe('proto.greek');
  expect(encode({ package: 'orderflow', category: '20260821' }, '{}').typeUrl).toBe('proto.orderflow');
  expect(() => encode({ package: 'classic', category: 'gamma_zero' }, '{}')).toThrow(
    'no hub carries classic/gamma_zero',
  );
});

test.each(['', '[]', 'null', '7', '{"timestamp":1', '\u0000'])('a record %j is a data error', (line) => {
  expect(() => encode(STREAMS.gex, line)).toThrow(GexError);
  expect(() => encode(STREAMS.gex, line)).toThrow(/^a record of \d+ bytes is not/);
});

test('nulls and missing numbers are 0, short tuples are left out, empty lists stay absent', async () => {
  const record = await read(STREAMS.gex, {
    timestamp: 1,
    ticker: 'SPX',
    spot: null,
    zero_gamma: null,
    strikes: [[7000, null, 2.5, []], [7005, 1], 'x', null, [null, 1, 2, null], [7010, 1, 2], [7015, 1, 2, [null, -1]]],
    max_priors: [],
    unknown: { deep: [1] },
  });
  expect(record).toEqual({
    timestamp: 1,
    ticker: 'SPX',
    spot: 0,
    min_dte: undefined,
    sec_min_dte: undefined,
    zero_gamma: 0,
    major_pos_vol: 0,
    major_pos_oi: 0,
    major_neg_vol: 0,
    major_neg_oi: 0,
    strikes: [
      [7000, 0, 2.5, []],
      [0, 1, 2, []],
      [7010, 1, 2, []],
      [7015, 1, 2, [0, -1]],
    ],
    sum_gex_vol: 0,
    sum_gex_oi: 0,
    delta_risk_reversal: 0,
    max_priors: [],
  });
  expect(await unzstd(encode(STREAMS.gex, '{}').value)).toHaveLength(0);
});

test('max_priors keep their places though some of them are null', async () => {
  const record = await read(STREAMS.gex, { max_priors: [null, [7000, null], [null, -1.5]] });
  expect(record.max_priors).toEqual([
    [0, 0],
    [7000, 0],
    [0, -1.5],
  ]);
});

test('put elements of a profile are whole numbers, absent where null', async () => {
  const record = await read(STREAMS.greek, {
    mini_contracts: [
      [7000, 0.2, 0.25, -1.5, [1, -2, 3], 12, [1, 2, -3]],
      [7005, 0.2, 0.25, 1.5, [], null, []],
      [7010, 0.2, null, 0, null],
      [7015, 0.2, 0.25, 0],
    ],
  });
  expect(record.mini_contracts).toEqual([
    [7000, 0.2, 0.25, -1.5, [1, -2, 3], 12, [1, 2, -3]],
    [7005, 0.2, 0.25, 1.5, [], null, null],
    [7010, 0.2, 0, 0, [], null, null],
  ]);
});

test('days to expiry are written when the record has them, 0 included', async () => {
  const all = { min_dte: 0, sec_min_dte: 3 };
  expect(await read(STREAMS.gex, all)).toMatchObject(all);
  expect(await read(STREAMS.greek, all)).toMatchObject(all);
  expect(await read(STREAMS.greek, { min_dte: null })).toMatchObject({ min_dte: undefined, sec_min_dte: undefined });
});

test('a number that does not fit its field is set to the nearest that does, and counted', async () => {
  const record = {
    spot: -1,
    zero_gamma: 1e9,
    sum_gex_vol: 3e6,
    sum_gex_oi: -3e6,
    strikes: [[1, 1e300, -1e300, [1e99]]],
  };
  expect(encode(STREAMS.gex, record).saturated).toBe(7);
  expect(encode(STREAMS.gex, '{"spot":1e999}').saturated).toBe(1);
  expect(await read(STREAMS.gex, record)).toMatchObject({
    spot: 0,
    zero_gamma: 42949672.95,
    sum_gex_vol: 2147483.647,
    sum_gex_oi: -2147483.648,
    strikes: [[1, 21474836.47, -21474836.48, [21474836.47]]],
  });
  expect(await read(STREAMS.orderflow, { agg_dex: -1e12 })).toMatchObject({ agg_dex: -21474836.48 });
});

test('a volume record is JSON text with seven elements a tuple, its levels under either name', async () => {
  const stream = { package: 'state', category: 'volume_zero' } as const;
  const head = { timestamp: 1, ticker: 'SPX', spot: 7000.125, min_dte: 0, sec_min_dte: 1 };
  const levels = { major_long_gamma: 3, major_short_gamma: 4.0625 };
  const tuples = [
    [7000, 0.12345, 0.2, 5, [1, 2, 3], 7, [4, 5, 6]],
    [7005, 0.1, null, 5, null],
    [7010, 0.1],
  ];
  const asVolume = { ...head, major_call_gamma: 1, major_put_gamma: 2, ...levels, mini_contracts: tuples };
  const asGreek = { ...head, major_positive: 1, major_negative: 2, ...levels, mini_contracts: tuples };
  const expected = {
    ...asVolume,
    mini_contracts: [
      [7000, 0.12345, 0.2, 5, [1, 2, 3], 7, [4, 5, 6]],
      [7005, 0.1, 0, 5, null, null, null],
    ],
  };
  for (const record of [asVolume, asGreek]) {
    const payload = encode(stream, record);
    expect(payload.typeUrl).toBe('proto.greek');
    expect(await readPayload(payload, true)).toEqual(expected);
  }
  expect(await readPayload(encode(stream, {}), true)).toMatchObject({ ticker: '', spot: 0, mini_contracts: [] });
});

const cents = (least: number, most: number) => fc.integer({ min: least, max: most }).map((n) => n / 100);
const thousandths = (least: number, most: number) => fc.integer({ min: least, max: most }).map((n) => n / 1000);
const price = cents(0, 0xffffffff);
const amount = cents(-0x80000000, 0x7fffffff);
const sum = thousandths(-0x80000000, 0x7fffffff);
const priors = fc.array(amount, { minLength: 1, maxLength: 5 });
const head = {
  timestamp: fc.integer({ min: 1, max: 2 ** 40 }),
  ticker: fc.constantFrom('SPX', 'ES_SPX', 'F'),
  spot: price,
};
const days = { min_dte: fc.nat(90), sec_min_dte: fc.nat(90) };

test('a reader gets back every GEX record of 2 and 3 decimals as it was', async () => {
  const record = fc.record({
    ...head,
    ...days,
    zero_gamma: price,
    major_pos_vol: price,
    major_pos_oi: price,
    major_neg_vol: price,
    major_neg_oi: price,
    strikes: fc.array(fc.tuple(price, amount, amount, priors), { maxLength: 8 }),
    sum_gex_vol: sum,
    sum_gex_oi: sum,
    delta_risk_reversal: sum,
    max_priors: fc.array(fc.tuple(amount, sum), { minLength: 6, maxLength: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(record, async (sent) => {
      expect(positive(await read(STREAMS.gex, sent))).toEqual(positive(sent));
    }),
    { numRuns: 500 },
  );
});

test('a reader gets back every greek record as it was', async () => {
  const volatility = thousandths(0, 0xffffffff);
  const put = fc.oneof(fc.constant([null, null]), fc.tuple(fc.integer(), fc.array(fc.integer(), { minLength: 1 })));
  const contract = fc
    .tuple(price, volatility, volatility, amount, priors, put)
    .map(([strike, call, putIv, value, before, [count, counts]]) => [
      strike,
      call,
      putIv,
      value,
      before,
      count,
      counts,
    ]);
  const record = fc.record({
    ...head,
    ...days,
    major_positive: price,
    major_negative: price,
    major_long_gamma: price,
    major_short_gamma: price,
    mini_contracts: fc.array(contract, { maxLength: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(record, async (sent) => {
      expect(positive(await read(STREAMS.greek, sent))).toEqual(positive(sent));
    }),
    { numRuns: 500 },
  );
});

test('a reader gets back every orderflow record as it was', async () => {
  const numbers = Object.fromEntries(ORDERFLOW_KEYS.map((key, i) => [key, i < 8 ? price : amount]));
  await fc.assert(
    fc.asyncProperty(fc.record({ ...head, ...numbers }), async (sent) => {
      const payload = encode(STREAMS.orderflow, sent);
      expect(positive(readOrderflow(await unzstd(payload.value)))).toEqual(positive(sent));
    }),
    { numRuns: 500 },
  );
});

/** -0 is 0 on the wire. */
function positive(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

const days2026 = existsSync(GEXBOT) ? readdirSync(GEXBOT).filter((name) => name.endsWith('.jsonl.gz')) : [];

test.skipIf(days2026.length === 0).each(days2026)('real records of %s come back as they were', async (name) => {
  const lines = gunzipSync(readFileSync(path.join(GEXBOT, name)))
    .toString('utf8')
    .trim()
    .split('\n');
  const every = Math.ceil(lines.length / 25);
  for (const line of lines.filter((_, i) => i % every === 0)) {
    const sent = JSON.parse(line);
    const got = await read({ package: 'state', category: 'gex_zero' }, sent);
    expect(got).toEqual({ ...sent, min_dte: sent.min_dte ?? undefined, sec_min_dte: sent.sec_min_dte ?? undefined });
  }
});

test('a record of any JSON at all becomes a payload', () => {
  const keys = ['timestamp', 'ticker', 'spot', 'min_dte', 'strikes', 'max_priors', 'mini_contracts', 'agg_dex'];
  const record = fc.dictionary(fc.constantFrom(...keys, '__proto__', 'constructor'), fc.jsonValue({ maxDepth: 4 }));
  const streams = fc.constantFrom(...Object.values(STREAMS), { package: 'state', category: 'volume_one' } as const);
  fc.assert(
    fc.property(streams, record, (stream, sent) => {
      expect(encode(stream, sent).value.length).toBeGreaterThan(0);
    }),
    { numRuns: 2_000 },
  );
});
