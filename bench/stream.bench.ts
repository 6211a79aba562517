// What `gex stream` costs for 900 contracts with 10 updates a second each: bytes of 9 streams to the book, and the book to
// records that readers can see. Sockets are left out: what they cost is the system's.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { greeks } from '../src/core/blackscholes.js';
import { randomStream } from '../src/core/random.js';
import { FrameReader } from '../src/feeds/tradestation/frames.js';
import { parseQuote } from '../src/feeds/tradestation/parse.js';
import { systemClock } from '../src/io/ctx.js';
import { openLivePublisher } from '../src/jobs/live-publish.js';
import { type LiveContracts, liveContracts } from '../src/jobs/stream-contracts.js';
import { openStore } from '../src/stores/sql/open.js';
import type { Figure } from './figure.js';

const CONTRACTS = 900;
const UPDATES = 10;
const STREAMS = 9;
const CHUNK_BYTES = 16 * 1024;
const WARM_SECONDS = 10;
const SECONDS = 60;
const WARM_TICKS = 30;
const TICKS = 300;
const SPOT = 682;
const DATES = ['2025-12-17', '2025-12-18', '2025-12-19'];
const OPEN_MS = Date.UTC(2025, 11, 17, 14, 30);

export async function bench(): Promise<readonly Figure[]> {
  const expiries = DATES.map((date) => ({
    ...{ root: 'SPY', date, expiryMs: Date.parse(`${date}T21:00:00Z`) },
    strikes: Array.from({ length: CONTRACTS / 6 }, (_, i) => SPOT - 75 + i),
  }));
  const contracts = liveContracts({ expiries, multipliers: new Map([['SPY', 100]]) });
  const symbols = contracts.select({ centre: SPOT, expiries });
  const follow = follower(contracts, symbols);
  for (let second = 0; second < WARM_SECONDS; second++) follow(second);
  const warmBytes = process.memoryUsage().rss;
  const before = process.cpuUsage();
  let made = 0;
  for (let second = WARM_SECONDS; second < WARM_SECONDS + SECONDS; second++) made += follow(second);
  const { user, system } = process.cpuUsage(before);
  const grownBytes = process.memoryUsage().rss - warmBytes;
  const [p50, p99] = await publishTimes(contracts);
  const share = ((user + system) / 1e6 - made) / SECONDS;
  const what = `${CONTRACTS} contracts, ${UPDATES} updates a second each, ${SECONDS} s`;
  return [
    { name: 'following', value: 100 * share, unit: '% of a core', atMost: 50, note: what },
    { name: 'memory over that minute', value: grownBytes / 1e6, unit: 'MB more', atMost: 64, note: 'resident set' },
    { name: 'snapshot to published records, p50', value: p50, unit: 'ms', note: `${TICKS} snapshots, 15 files` },
    { name: 'snapshot to published records, p99', value: p99, unit: 'ms', atMost: 50 },
  ];
}

/** Takes in a second of messages; returns the CPU seconds that making them took. */
function follower({ book }: LiveContracts, symbols: readonly string[]): (second: number) => number {
  const readers = Array.from({ length: STREAMS }, () => new FrameReader());
  const random = randomStream(1, 'stream bench');
  const volumes = new Map(symbols.map((symbol) => [symbol, 100]));
  return (second) => {
    const started = process.cpuUsage();
    const texts = readers.map(() => '');
    for (let update = 0; update < UPDATES; update++) {
      symbols.forEach((symbol, i) => {
        texts[i % STREAMS] += message(symbol, volumes, second === 0 ? 0 : random.uniform());
      });
    }
    const bytes = texts.map((text) => Buffer.from(text));
    const { user, system } = process.cpuUsage(started);
    for (const [i, reader] of readers.entries()) {
      const stream = bytes[i] as Buffer;
      for (let at = 0; at < stream.length; at += CHUNK_BYTES) {
        for (const object of reader.push(stream.subarray(at, at + CHUNK_BYTES))) {
          const quote = parseQuote(object);
          if (quote) book.apply(quote, OPEN_MS + second * 1000);
        }
      }
    }
    return (user + system) / 1e6;
  };
}

/** A complete quote at first, then what changes; one in ten is a trade. */
function message(symbol: string, volumes: Map<string, number>, draw: number): string {
  const mid = model(symbol);
  const bid = Math.max(0.01, mid - 0.02 - 0.01 * draw).toFixed(2);
  const ask = (mid + 0.02).toFixed(2);
  if (draw === 0) {
    return `{"Symbol":"${symbol}","Bid":"${bid}","Ask":"${ask}","Last":"${ask}","Volume":"100","DailyOpenInterest":"1187","TradeTime":"2025-12-17T14:30:00Z"}\n`;
  }
  if (draw > 0.1) return `{"Symbol":"${symbol}","Bid":"${bid}","BidSize":"${Math.floor(draw * 90)}","Ask":"${ask}"}\n`;
  const volume = (volumes.get(symbol) as number) + 3;
  volumes.set(symbol, volume);
  return `{"Symbol":"${symbol}","Last":"${ask}","LastSize":"3","Volume":"${volume}","TradeTime":"2025-12-17T14:31:00Z"}\n`;
}

const models = new Map<string, number>();

function model(symbol: string): number {
  let price = models.get(symbol);
  if (price === undefined) {
    const [, day = '', right = 'C', strike = ''] = /\d{4}(\d{2})([CP])([\d.]+)$/.exec(symbol) ?? [];
    const years = (Number(day) - 16.5) / 365;
    price = greeks({
      ...{ right: right === 'C' ? 'C' : 'P', spot: SPOT, strike: Number(strike), years },
      ...{ volatility: 0.14, rate: 0.04, dividendYield: 0 },
    }).price;
    models.set(symbol, price);
  }
  return price;
}

async function publishTimes(contracts: LiveContracts): Promise<[number, number]> {
  const root = mkdtempSync(join(tmpdir(), 'gex-bench-'));
  const store = await openStore(join(root, 'gex.db'));
  const quiet = (): void => {};
  const ctx = {
    ...{ clock: systemClock, signal: new AbortController().signal },
    ...{ log: { debug: quiet, info: quiet, warn: quiet, error: quiet } },
    progress: { start: () => ({ advance: quiet, done: quiet }) },
  };
  try {
    const runId = await store.runs.start('stream', OPEN_MS, {});
    const options = { root, ticker: 'SPY', date: '2025-12-17', iv: 'solve', exposureIntervalMs: 60_000 } as const;
    const publisher = await openLivePublisher(options, { store, runId }, ctx);
    const times: number[] = [];
    for (let tick = -WARM_TICKS; tick < TICKS; tick++) {
      const head = {
        underlying: 'SPY',
        asOfMs: OPEN_MS + (tick + WARM_TICKS) * 5000,
        spot: SPOT + (tick % 7) / 100,
        warnings: [],
      };
      const chain = contracts.snapshot({ ...head, source: { kind: 'tradestation', name: 'bench' } });
      const { elapsedMs } = await publisher.publish(chain);
      if (tick >= 0) times.push(elapsedMs);
    }
    await publisher.close();
    times.sort((a, b) => a - b);
    return [times[Math.floor(TICKS / 2)] as number, times[Math.floor(TICKS * 0.99)] as number];
  } finally {
    await store.close();
    rmSync(root, { recursive: true, force: true });
  }
}
