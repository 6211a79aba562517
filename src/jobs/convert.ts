import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import { storageError } from '../io/files.js';
import { streamOfPath } from '../stores/archive/path.js';
import type { Store } from '../stores/sql/open.js';
import type { StreamKey } from '../wire/catalogue.js';
import { type ConvertedFile, convertFile } from './convert-file.js';

export interface ConvertOptions {
  /** Files and folders; folders are walked, without what is hidden and without following links. */
  readonly paths: readonly string[];
  /** Leave the arrays where they are. */
  readonly keep: boolean;
  /** Replace lines that are there already. */
  readonly force: boolean;
  /** Root of the archive: what is made in it gets a row in the ledger. */
  readonly root: string;
}

interface ConvertPorts {
  /** Called when the first file of the archive was made. */
  readonly openStore: () => Promise<Store>;
}

interface Source {
  /** As it was named, or found below what was named. */
  readonly path: string;
  /** Of the lines, as `path` is written. */
  readonly target: string;
  readonly sourceBytes: number;
}

/** What became of one file: `held` means that its lines were there already. */
export type ConvertOutcome = Source &
  (
    | ({ readonly state: 'converted'; readonly seconds: number } & ConvertedFile)
    | { readonly state: 'held' }
    | { readonly state: 'failed'; readonly error: string }
  );

export interface ConvertReport {
  readonly files: readonly ConvertOutcome[];
  readonly converted: number;
  readonly held: number;
  readonly failed: number;
  readonly seconds: number;
}

const SOURCE = /^(.*[^/])\.json(\.gz)?$/;

/**
 * Turns JSON array files into JSON lines beside them, one after the other; each appears whole or not at all, and a file that
 * fails does not stop the others. GexError `missing`: a path that does not exist, or no such file below any;
 * `usage`: a file of another kind; the signal's reason.
 */
export async function convert(options: ConvertOptions, ports: ConvertPorts, ctx: Ctx): Promise<ConvertReport> {
  const { paths, force } = options;
  const startedMs = ctx.clock.now();
  const sources = await sourcesOf(paths);
  const total = sources.reduce((sum, { sourceBytes }) => sum + sourceBytes, 0);
  const task = ctx.progress.start('convert', total);
  const files: ConvertOutcome[] = [];
  const made = new Set<string>();
  try {
    for (const source of sources) {
      ctx.signal.throwIfAborted();
      const mayWrite = !made.has(resolve(source.target)) && (force || !(await exists(source.target)));
      const outcome = mayWrite
        ? await attempt(source, { ...options, ...ports, advance: task.advance }, ctx)
        : held(source, task.advance);
      if (outcome.state === 'converted') made.add(resolve(source.target));
      files.push(outcome);
    }
  } finally {
    task.done();
  }
  const count = (state: ConvertOutcome['state']): number => files.filter((file) => file.state === state).length;
  const counts = { converted: count('converted'), held: count('held'), failed: count('failed') };
  return { files, ...counts, seconds: (ctx.clock.now() - startedMs) / 1000 };
}

function held(source: Source, advance: (bytes: number) => void): ConvertOutcome {
  advance(source.sourceBytes);
  return { ...source, state: 'held' };
}

async function attempt(
  source: Source,
  { keep, root, openStore, advance }: ConvertOptions & ConvertPorts & { readonly advance: (bytes: number) => void },
  ctx: Ctx,
): Promise<ConvertOutcome> {
  const { path, target } = source;
  const key = keyWithin(root, target);
  const startedMs = ctx.clock.now();
  let read = 0;
  const onRead = (bytes: number): void => {
    read += bytes;
    advance(bytes);
  };
  try {
    const file = await convertFile({ source: path, target, keep, hash: key !== undefined, onRead }, ctx);
    if (key) await enter(await openStore(), key, file);
    return { ...source, state: 'converted', seconds: (ctx.clock.now() - startedMs) / 1000, ...file };
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (!(error instanceof GexError)) throw error;
    advance(Math.max(0, source.sourceBytes - read));
    return { ...source, state: 'failed', error: error.message };
  }
}

/** The stream that a path is the file of in this archive. */
function keyWithin(root: string, path: string): StreamKey | undefined {
  const found = streamOfPath(resolve(path));
  return found?.root === resolve(root) ? found.key : undefined;
}

/** When and how often it was fetched is not known better than before. */
async function enter({ ledger }: Store, key: StreamKey, file: ConvertedFile): Promise<void> {
  const { fetchedMs, attempts = 0 } = (await ledger.get(key)) ?? {};
  const { rows, bytes, gaps, sha256, firstMs, lastMs, widestGapMs } = file;
  await ledger.put([
    {
      ...{ ...key, state: 'held', source: 'convert', rows, bytes, gaps, attempts },
      ...(fetchedMs === undefined ? {} : { fetchedMs }),
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(firstMs === null ? {} : { firstMs }),
      ...(lastMs === null ? {} : { lastMs }),
      ...(widestGapMs === null ? {} : { widestGapMs }),
    },
  ]);
}

/** Every file to convert, once, in the order of the paths and then of names. */
async function sourcesOf(paths: readonly string[]): Promise<Source[]> {
  const found = new Map<string, Source>();
  for (const path of paths) {
    for (const file of await filesAt(path)) found.set(resolve(file.path), file);
  }
  if (found.size > 0) return [...found.values()];
  throw new GexError('missing', `no .json or .json.gz file below ${paths.join(', ')}; name a file or another folder`);
}

async function filesAt(path: string): Promise<Source[]> {
  try {
    const info = await stat(path);
    if (info.isDirectory()) return await filesBelow(path);
    const source = sourceOf(path, info.size);
    if (source) return [source];
  } catch (error) {
    throw storageError(error, 'read', path);
  }
  const hint = path.endsWith('.jsonl') ? 'it is JSON lines already' : 'name a .json or .json.gz file, or a folder';
  throw new GexError('usage', `${path} cannot be converted: ${hint}`);
}

async function filesBelow(folder: string): Promise<Source[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const sources: Source[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) sources.push(...(await filesBelow(path)));
    else if (entry.isFile() && SOURCE.test(entry.name)) {
      const source = sourceOf(path, (await stat(path)).size);
      if (source) sources.push(source);
    }
  }
  return sources;
}

function sourceOf(path: string, sourceBytes: number): Source | undefined {
  const [, base] = SOURCE.exec(path) ?? [];
  return base === undefined ? undefined : { path, target: `${base}.jsonl`, sourceBytes };
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
