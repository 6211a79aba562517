import { createReadStream } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { GexError } from '../errors.js';
import type { Ctx, ProgressTask } from '../io/ctx.js';
import { writeAtomic } from '../io/files.js';
import { openArray } from '../stores/archive/array.js';
import { relativeStreamPath } from '../stores/archive/path.js';
import { zipRecords } from '../stores/archive/zip.js';
import { streamName } from '../wire/catalogue.js';
import { type ArchiveFile, type ArchiveSpan, archiveFiles } from './archive-files.js';

interface ExportOptions extends ArchiveSpan {
  /** A file that ends in `.zip`, or a folder. */
  readonly output: string;
  /** Replace what is there already. */
  readonly force: boolean;
}

export interface ExportReport {
  readonly output: string;
  readonly format: 'zip' | 'folder';
  readonly files: number;
  /** Of the record files that went in. */
  readonly sourceBytes: number;
  /** Of what came out. */
  readonly bytes: number;
  readonly seconds: number;
}

/**
 * Writes the record files of a span as a ZIP in the layout of the vendor's end-of-day report, or as JSON lines in a folder
 * of the archive's own layout. The ZIP, and each file of a folder, appears whole or not at all; memory does not depend on
 * sizes. GexError `missing`: no record files; `usage`: it exists, or lies in the archive; `storage`.
 */
export async function exportArchive(options: ExportOptions, ctx: Ctx): Promise<ExportReport> {
  const startedMs = ctx.clock.now();
  const { output } = options;
  const files = await archiveFiles(options, ctx.signal);
  if (files.length === 0)
    throw new GexError('missing', `${options.root} has no record files in these days; see gex archive list`);
  const format = output.toLowerCase().endsWith('.zip') ? 'zip' : 'folder';
  const sourceBytes = files.reduce((total, { bytes }) => total + bytes, 0);
  if (format === 'folder') await refuseArchive(options);
  if (!options.force) await refuseExisting(format === 'zip' ? [output] : files.map((file) => copyPath(output, file)));
  const task = ctx.progress.start('export, bytes', sourceBytes);
  try {
    const bytes = await (format === 'zip'
      ? writeZip(files, options, { ctx, task })
      : writeFolder(files, output, { ctx, task }));
    return { output, format, files: files.length, sourceBytes, bytes, seconds: (ctx.clock.now() - startedMs) / 1000 };
  } finally {
    task.done();
  }
}

interface Run {
  readonly ctx: Ctx;
  readonly task: ProgressTask;
}

async function writeZip(
  files: readonly ArchiveFile[],
  { root, output }: ExportOptions,
  { ctx, task }: Run,
): Promise<number> {
  const sizes = new Map(files.map((file) => [streamName(file.key), file.bytes]));
  const keys = files.map(({ key }) => key);
  const zip = zipRecords(root, keys, (key) => task.advance(sizes.get(streamName(key)) ?? 0, streamName(key)));
  const stop = (): void => void zip.destroy(ctx.signal.reason);
  ctx.signal.addEventListener('abort', stop);
  try {
    ctx.signal.throwIfAborted();
    return await writeAtomic(output, zip);
  } finally {
    ctx.signal.removeEventListener('abort', stop);
    zip.destroy();
  }
}

async function writeFolder(files: readonly ArchiveFile[], output: string, run: Run): Promise<number> {
  let bytes = 0;
  for (const file of files) {
    bytes += await writeAtomic(copyPath(output, file), wholeRecords(file, run));
    run.task.advance(0, streamName(file.key));
  }
  return bytes;
}

/** The bytes of a record file up to its last whole record, ended by a newline. */
async function* wholeRecords({ path }: ArchiveFile, { ctx, task }: Run): AsyncGenerator<Buffer> {
  const array = await openArray(path);
  await array.close();
  const length = array.length - 2; // without its brackets
  if (length === 0) return;
  for await (const chunk of createReadStream(path, { end: length - 1, highWaterMark: 1 << 20 })) {
    ctx.signal.throwIfAborted();
    task.advance(chunk.length);
    yield chunk;
  }
  yield Buffer.from('\n');
}

const copyPath = (output: string, { key }: ArchiveFile): string => join(output, relativeStreamPath(key));

async function refuseExisting(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (!(await lstat(path).catch(() => undefined))) continue;
    throw new GexError('usage', `${path} exists already: give another --output or --force`);
  }
}

/** Copies of record files must not come to lie over the record files. */
async function refuseArchive({ root, output }: ExportOptions): Promise<void> {
  if ((await stat(output).catch(() => undefined))?.isFile()) {
    throw new GexError('usage', `${output} is a file: end --output in .zip or name a folder`);
  }
  const archive = await realpath(root);
  const target = await realOf(resolve(output));
  if (target === archive || target.startsWith(archive + sep) || archive.startsWith(target + sep)) {
    throw new GexError('usage', `${output} and the archive ${root} lie in one another: give a folder elsewhere`);
  }
}

/** The real path of what may not exist yet. */
async function realOf(path: string): Promise<string> {
  const found = await realpath(path).catch(() => undefined);
  if (found !== undefined || dirname(path) === path) return found ?? path;
  return join(await realOf(dirname(path)), basename(path));
}
