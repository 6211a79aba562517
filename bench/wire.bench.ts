// A GEX record to what a websocket sends (scaled protobuf, zstd, Any) against JSON.parse of the same record, and the
// frames around it.
import { anyBytes } from '../src/wire/any.js';
import { codecNamed } from '../src/wire/codecs.js';
import { encodePayload } from '../src/wire/payload.js';
import type { Codec } from '../src/wire/pubsub.js';
import { prepareZstd } from '../src/wire/zstd.js';
import type { Figure } from './figure.js';
import { medians, seeded } from './measure.js';

const STREAM = { package: 'classic', category: 'gex_full' } as const;
const STRIKES = 146;
/** Calls per measured round: one call takes tens of microseconds. */
const CALLS = 200;

export async function bench(): Promise<readonly Figure[]> {
  await prepareZstd();
  const line = gexLine();
  const bytes = Buffer.from(line);
  const payload = encodePayload(STREAM, bytes);
  const frames = ['json.reliable', 'protobuf.reliable'].map((name) =>
    (codecNamed(`${name}.webpubsub.azure.v1`) as Codec).groupMessage('blue_SPX_classic_gex_full', payload),
  );
  const repeated = (work: () => unknown) => () => {
    for (let i = 0; i < CALLS; i++) work();
  };
  const times = medians({
    parse: repeated(() => JSON.parse(line)),
    encode: repeated(() => anyBytes(encodePayload(STREAM, bytes))),
    frames: repeated(() => frames.map((frame) => frame(1_000_000))),
  });
  const micros = (time: number): string => `${((time * 1000) / CALLS).toFixed(1)} us`;
  return [
    {
      name: `GEX record of ${(bytes.length / 1000).toFixed(1)} kB to zstd Any`,
      value: times.encode / times.parse,
      unit: 'x JSON.parse',
      atMost: 5,
      note: `${micros(times.encode)} against ${micros(times.parse)}, ${payload.value.length} bytes`,
    },
    {
      name: 'a reliable frame of it for one receiver',
      value: times.frames / 2 / times.parse,
      unit: 'x JSON.parse',
      note: `${micros(times.frames / 2)}, mean of JSON and protobuf`,
    },
  ];
}

/** A record in the layout of a whole SPX ladder. */
function gexLine(): string {
  const random = seeded(7);
  const places = (value: number, digits: number): number => Number(value.toFixed(digits));
  const amount = (): number => places((random() - 0.5) * 900, 2);
  const price = (): number => places(7000 + random() * 100, 2);
  return JSON.stringify({
    timestamp: 1777492800,
    ticker: 'SPX',
    min_dte: 0,
    sec_min_dte: 1,
    spot: price(),
    zero_gamma: price(),
    major_pos_vol: 7135,
    major_pos_oi: 7200,
    major_neg_vol: 7100,
    major_neg_oi: 6900,
    strikes: Array.from({ length: STRIKES }, (_, i) => [
      6700 + 5 * i,
      amount(),
      amount(),
      Array.from({ length: 5 }, amount),
    ]),
    sum_gex_vol: places(random() * 1e6, 3),
    sum_gex_oi: places(random() * 1e5, 3),
    delta_risk_reversal: 0.118,
    max_priors: Array.from({ length: 6 }, () => [7135, places(random() * 1e6, 3)]),
  });
}
