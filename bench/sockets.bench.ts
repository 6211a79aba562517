// 1,000 WebSocket clients in 5 groups, one tick a second, one server process; the clients are another process on
// 127.0.0.1. What counts is when a message is there, measured from the whole second its tick was due at.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Ctx, systemClock } from '../src/io/ctx.js';
import { startServer } from '../src/server/start.js';
import type { Crowd, CrowdReport } from './crowd.js';
import type { Figure } from './figure.js';
import { seeded } from './measure.js';

const CLIENTS = 1_000;
const SECONDS = 8;
const STRIKES = 150;
const RECORDS = 120;
const STREAMS = [
  { file: 'SPX/classic/gex_full', hub: 'classic' },
  { file: 'SPX/classic/gex_zero', hub: 'classic' },
  { file: 'NDX/classic/gex_full', hub: 'classic' },
  { file: 'SPX/state/gex_full', hub: 'state_gex' },
  { file: 'SPX/state/gex_zero', hub: 'state_gex' },
] as const;

const quiet = (): void => {};
const ctx: Ctx = {
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  clock: systemClock,
  signal: new AbortController().signal,
  progress: { start: () => ({ advance: quiet, done: quiet }) },
};

export async function bench(): Promise<readonly Figure[]> {
  const root = mkdtempSync(join(tmpdir(), 'gex-bench-'));
  const lineBytes = makeDay(root);
  const server = await startServer(
    {
      root,
      mode: 'memory',
      host: '127.0.0.1',
      port: 0,
      date: 'latest',
      cacheMode: 'rotation',
      endpointCacheMode: 'shared',
      maxKeys: 10_000,
      sockets: { intervalMs: 1000, prefix: 'blue', groupLimit: 150, tokenLifetimeMs: 60_000, maxClients: CLIENTS },
    },
    ctx,
  );
  const child = fork(fileURLToPath(new URL('crowd.ts', import.meta.url)));
  try {
    const report = await measure(child, server.url);
    const { received, latenessMs, encodes, ticks, cpuSeconds } = report;
    const note = `${CLIENTS} clients, ${STREAMS.length} groups, ${ticks} ticks, ${lineBytes} B records; p50 ${latenessMs.p50} ms, largest ${latenessMs.max} ms; ${((cpuSeconds / SECONDS) * 100).toFixed(1)} % of a core`;
    return [
      {
        name: 'messages delivered',
        value: received / (CLIENTS * SECONDS),
        unit: 'of those due',
        atLeast: 1,
        atMost: 1,
        note,
      },
      { name: 'lateness, p99', value: latenessMs.p99, unit: 'ms after the second', atMost: 100 },
      { name: 'encodes per group and tick', value: encodes / ticks / STREAMS.length, unit: 'encodes', atMost: 1 },
    ];
  } finally {
    child.disconnect();
    await server.close();
    rmSync(root, { recursive: true, force: true });
  }
}

async function measure(child: ChildProcess, url: string): Promise<CrowdReport> {
  const groups = STREAMS.map(({ file, hub }) => ({ hub, name: `blue_${file.replaceAll('/', '_')}` }));
  const crowd: Crowd = { url, clients: CLIENTS, seconds: SECONDS, groups };
  child.send(crowd);
  const [report] = (await once(child, 'message')) as [CrowdReport];
  return report;
}

/** Seeded GEX records of about the vendor's size; returns the bytes of one. */
function makeDay(root: string): number {
  const random = seeded(1);
  const number = (scale: number): number => Math.round((random() - 0.5) * scale * 100) / 100;
  let bytes = 0;
  for (const { file } of STREAMS) {
    const lines = Array.from({ length: RECORDS }, (_, i) => {
      const strikes = Array.from({ length: STRIKES }, (_, k) => [
        6000 + 5 * k,
        number(500),
        number(300),
        [number(500), number(500), number(500), number(500), number(500)],
      ]);
      const priors = Array.from({ length: 6 }, () => [7100, number(1000)]);
      return JSON.stringify({
        ...{ timestamp: 1777492800 + i, ticker: file.split('/')[0], min_dte: 0, sec_min_dte: 1, spot: 7138.55 },
        ...{ zero_gamma: 7112.95, major_pos_vol: 7135, major_pos_oi: 7200, major_neg_vol: 7100, major_neg_oi: 6900 },
        ...{
          strikes,
          sum_gex_vol: number(1000),
          sum_gex_oi: number(1000),
          delta_risk_reversal: 0.1,
          max_priors: priors,
        },
      });
    });
    const path = join(root, '2026-04-29', `${file}.jsonl`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${lines.join('\n')}\n`);
    bytes = lines[0]?.length ?? 0;
  }
  return bytes;
}
