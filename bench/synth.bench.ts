// `gex synth` against the clock: a slice of an SPX session at one record per second, files and store included.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newYorkInstant } from '../src/core/calendar.js';
import { sessionOf, syntheticChain } from '../src/core/synth/chain.js';
import { startSession } from '../src/core/synth/session.js';
import { synthTicker } from '../src/core/synth/tickers.js';
import type { Ctx } from '../src/io/ctx.js';
import { systemClock } from '../src/io/ctx.js';
import { createPublisher } from '../src/jobs/publish.js';
import { synth } from '../src/jobs/synth.js';
import { openStore } from '../src/stores/sql/open.js';
import type { Figure } from './figure.js';

const DATE = '2026-08-19';
const silent = (): void => undefined;
const ctx: Ctx = {
  log: { debug: silent, info: silent, warn: silent, error: silent },
  clock: systemClock,
  signal: new AbortController().signal,
  progress: { start: () => ({ advance: silent, done: silent }) },
};

export async function bench(): Promise<readonly Figure[]> {
  return [...(await slices()), generation(), ...publishing()];
}

/** Ten minutes each from the open, the middle and the end of the day: the last minutes are the dearest. */
async function slices(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [hour, minute] of [
    [9, 30],
    [12, 30],
    [15, 49],
  ] as const) {
    const root = mkdtempSync(join(tmpdir(), 'gex-bench-'));
    const store = await openStore(join(root, 'gex.db'));
    try {
      const start = { hour, minute, second: 0 };
      const end = { hour, minute: minute + 10, second: 0 };
      const rates = { intervalMs: 1000, exposureIntervalMs: 60_000 };
      const report = await synth(
        { root, date: DATE, tickers: ['SPX'], seed: 1, model: 'gbm', ...rates, start, end, force: false },
        { openStore: async () => store },
        ctx,
      );
      figures.push({
        name: `SPX at 1 s from ${hour}:${minute}, ten minutes`,
        value: report.realTimeRatio,
        unit: 'x real time',
        atLeast: 100,
        note: `${(report.bytes / 1e6 / report.seconds).toFixed(0)} MB/s`,
      });
    } finally {
      await store.close();
      rmSync(root, { recursive: true, force: true });
    }
  }
  return figures;
}

/** Path, open interest and trades alone. */
function generation(): Figure {
  const session = startSession({ ticker: synthTicker('SPX'), day: sessionOf(DATE), seed: 1, model: 'heston' });
  const started = performance.now();
  let trades = 0;
  while (session.second < session.seconds - 1) {
    session.advance();
    trades += session.trades.length;
  }
  const ms = performance.now() - started;
  return {
    name: 'trades of a whole SPX day',
    value: (ms * 1e6) / trades,
    unit: 'ns a trade',
    note: `${trades} trades`,
  };
}

/** One instant to 15 lines. */
function publishing(): Figure[] {
  const chain = syntheticChain({ ticker: 'SPX', seed: 1, atMs: newYorkInstant(DATE, 12, 0) });
  const publisher = createPublisher('SPX', { iv: 'chain' });
  const rounds = 50;
  let best = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < 5; pass++) {
    const started = performance.now();
    for (let i = 0; i < rounds; i++) publisher.publish({ ...chain, asOfMs: chain.asOfMs + i * 1000 });
    best = Math.min(best, (performance.now() - started) / rounds);
  }
  return [
    { name: '15 record lines of one instant', value: best, unit: 'ms', note: `${chain.contracts.length} contracts` },
  ];
}
