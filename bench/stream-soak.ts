// `npx tsx bench/stream-soak.ts [MINUTES]` (default 10): a real `gex stream` that follows some 800 contracts of a stand-in
// whose market runs at six times the speed, a record of every category each 5 s of it, and its memory over time: resident
// set, and the heap right after a collection. Half an hour of the market, which records remember for their priors, takes
// five minutes. Ends with 1 when memory still grows in the second half or ticks had no record.
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { peaks, residentMb } from './memory.js';

const minutes = Number(process.argv[2] ?? 10);
const SAMPLES = 20;
const SPEED = 6;
const MARKET = ['--tickers', 'SPX', '--start', '2025-12-17T09:35', '--speed', String(SPEED), '--updates', '2'];
const FOLLOWED = ['--underlying', 'SPX', '--expirations', '4', '--strike-distance', '195'];

const gex = fileURLToPath(new URL('../bin/gex.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gex-stream-soak-'));
const started: ChildProcessByStdio<null, Readable, Readable>[] = [];
let heap: Awaited<ReturnType<typeof inspector>> | undefined;
const counts = { records: 0, missing: 0, contracts: 0 };

try {
  const standin = start([gex, 'simulate', 'tradestation', '--port', '0', '--seed', '1', '--json', ...MARKET], {});
  standin.stderr.pipe(process.stderr);
  const { env } = JSON.parse(await firstLine(standin.stdout, () => true)) as { env: Record<string, string> };
  const data = ['--data-dir', join(folder, 'data')];
  const recorder = start(['--inspect=127.0.0.1:0', gex, 'stream', ...FOLLOWED, ...data], env);
  const said = await firstLine(recorder.stderr, (line) => line.startsWith('Debugger listening on '));
  heap = await inspector(said.replace('Debugger listening on ', ''));
  createInterface(recorder.stdout).on('line', count);
  const samples: { resident: number; heapMb: number }[] = [];
  for (let i = 1; i <= SAMPLES; i++) {
    await sleep((minutes * 60_000) / SAMPLES);
    const sample = { heapMb: await heap.usedMb(), resident: residentMb(recorder.pid) };
    samples.push(sample);
    const memory = `heap ${sample.heapMb.toFixed(1)} MB  resident ${sample.resident} MB`;
    console.log(`${String(i).padStart(2)}/${SAMPLES}  ${memory}  ${JSON.stringify(counts)}`);
  }
  const heapMb = peaks(samples.map((sample) => sample.heapMb));
  const resident = peaks(samples.map((sample) => sample.resident));
  console.log(JSON.stringify({ minutes, ...counts, heapMb, residentMb: resident }));
  if (!heapMb.flat || !resident.flat || counts.records === 0 || counts.missing > 1) process.exitCode = 1;
} finally {
  heap?.close(); // a process that is looked at does not end
  for (const child of started.reverse()) await ended(child);
  rmSync(folder, { recursive: true });
}

function start(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

async function firstLine(stream: Readable, isWanted: (line: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface(stream);
    lines.on('line', (line) => (isWanted(line) ? resolve(line) : process.stderr.write(`${line}\n`)));
    lines.once('close', () => reject(new Error('the process ended before it was ready')));
  });
}

function count(line: string): void {
  const { recorded, contracts, missing } = JSON.parse(line) as {
    recorded: boolean;
    contracts: number;
    missing: string;
  };
  counts[recorded ? 'records' : 'missing'] += 1;
  counts.contracts = contracts;
  if (!recorded) process.stderr.write(`${missing}\n`);
}

/** What a process says of its own memory through its inspector. */
async function inspector(url: string) {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  let id = 0;
  const call = (method: string, params: object = {}): Promise<{ result?: { value?: unknown } }> =>
    new Promise((resolve) => {
      const own = ++id;
      const hear = (data: Buffer): void => {
        const answer = JSON.parse(data.toString()) as { id?: number; result: { result?: { value?: unknown } } };
        if (answer.id !== own) return;
        socket.off('message', hear);
        resolve(answer.result);
      };
      socket.on('message', hear);
      socket.send(JSON.stringify({ id: own, method, params }));
    });
  const expression = 'process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers';
  return {
    /** After a collection; columns of numbers, which rest outside of the heap, included. */
    usedMb: async () => {
      await call('HeapProfiler.collectGarbage');
      const { result } = await call('Runtime.evaluate', { expression });
      return Number(result?.value) / 2 ** 20;
    },
    close: () => socket.close(),
  };
}
