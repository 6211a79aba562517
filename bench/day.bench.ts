// A large day: what indexing costs against reading, what stream mode holds in memory, how soon history begins.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openStream } from '../src/stores/archive/read.js';
import type { Figure } from './figure.js';

const LARGE_BYTES = 1e9;
const HISTORY_BYTES = 1e8;
const RECORD_BYTES = 9_000;
const ROUNDS = 6;
const CHUNK_BYTES = 1 << 20;
const DATE = '2026-04-29';
const ROOT = fileURLToPath(new URL('..', import.meta.url));

export async function bench(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'gex-bench-'));
  try {
    const large = writeDay(folder, 'gex_full', LARGE_BYTES);
    const index = join(folder, '.index');
    writeDay(folder, 'gex_zero', HISTORY_BYTES);
    return [await indexing(large, index), ...(await serving(folder))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Built each time: the index that is kept from the time before is taken away. They take turns; the best of each counts. */
async function indexing(path: string, kept: string): Promise<Figure> {
  let [read, index] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round++) {
    read = Math.min(read, await secondsOf(() => readWhole(path)));
    rmSync(kept, { recursive: true, force: true });
    index = Math.min(index, await secondsOf(async () => (await openStream(path, 'stream')).close()));
  }
  const note = `1 GB: read ${read.toFixed(2)} s, index ${index.toFixed(2)} s`;
  return { name: 'index of a day', value: index / read, unit: 'x reading it', atMost: 2, note };
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function readWhole(path: string): Promise<void> {
  const handle = await open(path, 'r');
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  while ((await handle.read(chunk, 0, CHUNK_BYTES)).bytesRead > 0);
  await handle.close();
}

/** The server as users start it, in a process of its own. */
async function serving(folder: string): Promise<readonly Figure[]> {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.js')]);
  const options = ['--data-dir', folder, '--data-mode', 'stream', '--port', '0', '--json', '--quiet'];
  const child = spawn(process.execPath, [join(ROOT, 'bin/gex.js'), 'serve', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const { url } = JSON.parse(line) as { url: string };
    for (let i = 0; i < 2000; i++) await (await fetch(`${url}/SPX/classic/gex_full?key=bench`)).arrayBuffer();
    const served = await residentMegabytes(url);
    const { firstByteMs, bytes } = await download(url);
    const after = await residentMegabytes(url);
    return [
      { name: 'memory, stream mode, 1.1 GB day', value: served, unit: 'MB', atMost: 200 },
      { name: 'first byte of /hist of a 100 MB day', value: firstByteMs, unit: 'ms', atMost: 50 },
      { name: 'memory grown by 100 MB of /hist', value: after - served, unit: 'MB', atMost: 50, note: `${bytes} B` },
    ];
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

/** Link and file, as a client gets them; the clock runs from the first request to the first byte of the file. */
async function download(url: string): Promise<{ readonly firstByteMs: number; readonly bytes: number }> {
  const start = performance.now();
  const file = await fetch(`${url}/hist/SPX/classic/gex_zero/${DATE}?key=bench`, {
    headers: { 'accept-encoding': 'identity' },
  });
  let firstByteMs = Number.NaN;
  let bytes = 0;
  for await (const chunk of file.body ?? []) {
    if (bytes === 0) firstByteMs = performance.now() - start;
    bytes += (chunk as Uint8Array).length;
  }
  if (bytes !== Number(file.headers.get('content-length'))) throw new Error(`the file ended after ${bytes} bytes`);
  return { firstByteMs, bytes };
}

async function residentMegabytes(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]) / 1e6;
}

function writeDay(folder: string, category: string, bytes: number): string {
  const path = join(folder, DATE, 'SPX/classic', `${category}.jsonl`);
  mkdirSync(join(path, '..'), { recursive: true });
  const head = '{"timestamp":1777492800,"ticker":"SPX","pad":"';
  const block = Buffer.from(`${head}${'7'.repeat(RECORD_BYTES - head.length - 3)}"}\n`.repeat(100));
  const file = openSync(path, 'w');
  for (let written = 0; written < bytes; written += block.length) writeSync(file, block);
  closeSync(file);
  return path;
}
