// JSON arrays into JSON lines against JSON.parse and stringify of the same records, and what a whole file costs on disk.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { ArraySplitter } from '../src/wire/array-splitter.js';
import { type Figure, fastest } from './figure.js';
import { seeded } from './measure.js';

const FILE_BYTES = 500e6;
const BLOCK_BYTES = 20e6;
const CHUNK_BYTES = 1 << 20;
const MB = 1e6;
const ROOT = fileURLToPath(new URL('..', import.meta.url));

export async function bench(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'gex-bench-'));
  try {
    return [...(await splitting()), ...converting(folder)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Records as the vendor sends them: a ladder of 120 strikes, or the line of orderflow, which is names for the most part. */
function records(shape: 'ladder' | 'orderflow'): string[] {
  const random = seeded(shape.length);
  const amount = (): number => Math.round((random() - 0.5) * 1e5) / 100;
  const names = 'z_mlgamma z_msgamma o_mlgamma zero_mcall one_mput zcvr zvanna agg_dex one_agg_call_dex gexoflow'.split(
    ' ',
  );
  const made: string[] = [];
  for (let bytes = 0; bytes < BLOCK_BYTES; bytes += (made.at(-1) as string).length) {
    const head = { timestamp: 1_777_492_800 + made.length, ticker: 'SPX', spot: 7138.55 };
    const strikes = Array.from({ length: 120 }, (_, i) => [
      6890 + 5 * i,
      amount(),
      amount(),
      Array.from({ length: 5 }, amount),
    ]);
    const body = shape === 'ladder' ? { strikes } : Object.fromEntries(names.map((name) => [name, amount()]));
    made.push(JSON.stringify({ ...head, ...body }));
  }
  return made;
}

async function splitting(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const shape of ['ladder', 'orderflow'] as const) {
    const bytes = Buffer.from(`[${records(shape).join(',')}]`);
    const ours = await fastest(5, () => {
      const splitter = new ArraySplitter();
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) splitter.push(bytes.subarray(at, at + CHUNK_BYTES));
      splitter.finish();
    });
    const parsing = await fastest(2, () => {
      for (const record of JSON.parse(bytes.toString()) as unknown[]) JSON.stringify(record);
    });
    const rate = bytes.length / MB;
    const promise = shape === 'ladder' ? { atLeast: 250 } : {};
    figures.push(
      { name: `array splitter, ${shape} records`, value: rate / ours, unit: 'MB/s', ...promise },
      {
        ...{ name: 'same against JSON.parse and stringify', value: parsing / ours, unit: 'x', atLeast: 2 },
        note: `those ${(rate / parsing).toFixed(0)} MB/s`,
      },
    );
  }
  return figures;
}

/** Not getrusage: on Linux a child begins with the peak of its parent. */
const PEAK = `
  import { existsSync, readFileSync } from 'node:fs';
  const STATUS = '/proc/self/status';
  const peakKb = () => existsSync(STATUS)
    ? Number(/^VmHWM:\\s+(\\d+)/m.exec(readFileSync(STATUS, 'utf8'))[1])
    : process.resourceUsage().maxRSS;`;

/** Reads and writes a file as plainly as can be, fsync included: what the disk leaves to the rest. */
const COPY = `
  import { open } from 'node:fs/promises';
  const [from, to] = [await open(process.argv[1], 'r'), await open(process.argv[1] + '.copy', 'w')];
  const started = performance.now();
  const chunk = Buffer.allocUnsafeSlow(1 << 20);
  for (let n; (n = (await from.read(chunk, 0, chunk.length, null)).bytesRead) > 0; ) await to.write(chunk, 0, n);
  await to.sync();
  const rows = 0;
  console.log(JSON.stringify({ rows, seconds: (performance.now() - started) / 1000, peakKb: peakKb() }));`;

/** The job of \`gex convert\`, or the import of a download, which takes a SHA-256 too. */
const CONVERT = `
  const [path, root] = process.argv.slice(1);
  const silent = () => {};
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const progress = { start: () => ({ advance: silent, done: silent }) };
  const ctx = { log, clock: { now: Date.now }, signal: new AbortController().signal, progress };
  const [{ convert }, { prepareStream }, { readUnpacked }] = await Promise.all(
    ['jobs/convert.js', 'stores/archive/import.js', 'io/unpack-stream.js'].map((module) => import(process.env.DIST + module)));
  const started = performance.now();
  const key = { date: '2026-04-29', ticker: 'SPX', package: 'state', category: 'gex_full' };
  let rows;
  if (root) {
    const prepared = await prepareStream(root, key, readUnpacked(path, { maxBytes: 1e12, maxRatio: 1e3 }));
    await prepared.commit();
    rows = prepared.rows;
  } else {
    const { files: [file] } = await convert({ paths: [path], root: 'data', keep: true, force: true }, {}, ctx);
    if (file.state !== 'converted') throw new Error(file.error);
    rows = file.rows;
  }
  console.log(JSON.stringify({ rows, seconds: (performance.now() - started) / 1000, peakKb: peakKb() }));`;

interface Run {
  readonly rows: number;
  readonly seconds: number;
  readonly peakKb: number;
}

function runChild(code: string, ...args: readonly string[]): Run {
  const env = { ...process.env, DIST: new URL('../dist/', import.meta.url).href };
  const words = ['--input-type=module', '-e', PEAK + code, ...args];
  return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8', env })) as Run;
}

function converting(folder: string): Figure[] {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.js')]);
  const plain = join(folder, 'gex_full.json');
  const rows = writeArray(plain);
  const packed = join(folder, 'packed.json.gz');
  const bytes = pack(plain, packed);
  const size = bytes / MB;
  const copy = Math.min(runChild(COPY, plain).seconds, runChild(COPY, plain).seconds);
  const figures: Figure[] = [];
  for (const [name, args, promise] of [
    ['gex convert, 500 MB, fsync included', [plain], { atLeast: 250 }],
    ['gex convert of the same in gzip', [packed], {}],
    ['import of a download, with SHA-256', [plain, join(folder, 'archive')], {}],
  ] as const) {
    const runs = [runChild(CONVERT, ...args), runChild(CONVERT, ...args)];
    if (runs.some((run) => run.rows !== rows)) throw new Error(`${name}: expected ${rows} rows`);
    const seconds = Math.min(...runs.map((run) => run.seconds));
    const note = `a plain copy: ${(size / copy).toFixed(0)} MB/s`;
    const peak = Math.max(...runs.map((run) => run.peakKb)) / 1024;
    figures.push(
      { name, value: size / seconds, unit: 'MB/s', ...promise, note },
      { name: 'same: peak of memory', value: peak, unit: 'MB', atMost: 150 },
    );
  }
  return figures;
}

/** Members one after the other are one file for gzip, and need little memory. Gives the bytes of the source. */
function pack(source: string, target: string): number {
  const [from, to] = [openSync(source, 'r'), openSync(target, 'w')];
  const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let bytes = 0;
  for (let read = readSync(from, block); read > 0; read = readSync(from, block)) {
    writeSync(to, gzipSync(block.subarray(0, read), { level: 1 }));
    bytes += read;
  }
  closeSync(from);
  closeSync(to);
  return bytes;
}

/** Number of records. */
function writeArray(path: string): number {
  const block = records('ladder');
  const text = Buffer.from(block.join(','));
  const file = openSync(path, 'w');
  let blocks = 0;
  for (let bytes = 0; bytes < FILE_BYTES; bytes += writeSync(file, text)) writeSync(file, blocks++ === 0 ? '[' : ',');
  writeSync(file, ']');
  closeSync(file);
  return blocks * block.length;
}
