import type { Ctx } from '../io/ctx.js';
import { mapLimited } from '../io/limit.js';
import { listDates, listStreams } from '../stores/archive/days.js';
import type { GrowingFile } from '../stores/archive/growing.js';
import { joinFiles } from '../stores/archive/join.js';
import { streamPath } from '../stores/archive/path.js';
import { openStream, type ReadMode, type RecordFile } from '../stores/archive/read.js';
import { categoryOf, type PackageName, type StreamKey } from '../wire/catalogue.js';
import { chooseDays, type Days } from './days.js';
import { type DaySpan, spanOf } from './timeline.js';

/** One stream of the loaded day and the names of its playback counters. */
export interface LoadedStream {
  readonly key: StreamKey;
  readonly records: RecordFile;
  /** The same as `records` where they may grow. */
  readonly growing?: GrowingFile;
  readonly counters: Readonly<Record<RecordView | 'socket', string>>;
}

/** What of a record is asked for: all of it, or one of the two answers derived from it. */
export type RecordView = 'chain' | 'majors' | 'maxchange';

/**
 * `shared`: every route of a ticker and package moves one counter; `independent`: each category and view has its own
 * (contract section 4.2).
 */
export type EndpointCacheMode = 'shared' | 'independent';

export interface LibraryOptions {
  readonly root: string;
  /** `YYYY-MM-DD`, or `FIRST..LAST` for every day held in between; empty or `latest`: the newest day held. */
  readonly date: string;
  readonly mode: ReadMode;
  readonly endpointCacheMode: EndpointCacheMode;
}

/** What the files of a library tell. */
interface Found {
  readonly spans: readonly DaySpan[];
  readonly files: number;
}

/** A day of the archive, opened, or several in a row. `close` waits for the reads it was asked to `hold`. */
export class Library {
  readonly date: string;
  readonly days: Days;
  /** From the first record to the last of each day that has timestamps. */
  readonly spans: readonly DaySpan[];
  readonly #streams: LoadedStream[] = [];
  #files = 0;
  readonly #byPath = new Map<string, LoadedStream>();
  readonly #byCounter = new Map<string, LoadedStream>();
  #reading = 0;
  #whenIdle: (() => void) | undefined;

  constructor(days: Days, streams: readonly LoadedStream[], found: Partial<Found> = {}) {
    this.date = days.date;
    this.spans = found.spans ?? [];
    this.days = days;
    for (const stream of streams) this.add(stream);
    this.#files = found.files ?? streams.length;
  }

  get streams(): readonly LoadedStream[] {
    return this.#streams;
  }

  /** Record files, of all its days. */
  get files(): number {
    return this.#files;
  }

  /** Takes in a stream that it does not have yet. */
  add(stream: LoadedStream): void {
    const { ticker, package: packageName, category } = stream.key;
    const alias = categoryOf(packageName, category)?.alias;
    this.#streams.push(stream);
    this.#files += 1;
    this.#byPath.set(`${ticker}/${packageName}/${category}`, stream);
    if (alias !== undefined) this.#byPath.set(`${ticker}/${packageName}/${alias}`, stream);
    for (const counter of Object.values(stream.counters)) {
      if (!this.#byCounter.has(counter) || category === 'gex_full') this.#byCounter.set(counter, stream);
    }
  }

  /** The stream a path names; `category` canonical or alias, `ticker` upper case. */
  find(ticker: string, packageName: PackageName, category: string): LoadedStream | undefined {
    return this.#byPath.get(`${ticker}/${packageName}/${category}`);
  }

  /** Every counter with its stream; that of gex_full, where it is loaded, for a counter several streams share. */
  get counters(): ReadonlyMap<string, LoadedStream> {
    return this.#byCounter;
  }

  /** The tickers of the day, sorted. */
  get tickers(): readonly string[] {
    return [...new Set(this.streams.map((stream) => stream.key.ticker))].sort();
  }

  /** Keeps the files open until `work` has ended. */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.#reading += 1;
    try {
      return await work;
    } finally {
      this.#reading -= 1;
      if (this.#reading === 0) this.#whenIdle?.();
    }
  }

  /** Closes the files once nobody reads them any more. */
  async close(): Promise<void> {
    if (this.#reading > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
    }
    await closeAll(this.#streams.map((stream) => stream.records));
  }
}

/** Reading one file while another is indexed; more only takes memory. */
const FILES_AT_ONCE = 4;

/** Opens a day of the archive, or several. Throws `missing` when none is held, `storage` when a file cannot be read. */
export async function loadLibrary(options: LibraryOptions, ctx: Ctx): Promise<Library> {
  const days = chooseDays(await listDates(options.root), options);
  if (days.missing.length > 0) ctx.log.warn(`${days.date} lacks ${days.missing.join(', ')}: not in ${options.root}`);
  const opened: RecordFile[] = [];
  const byName = new Map<string, { readonly key: StreamKey; readonly files: [RecordFile, ...RecordFile[]] }>();
  const spans: DaySpan[] = [];
  const progress = ctx.progress.start(`load ${days.date}`);
  try {
    for (const date of days.held) {
      const keys = await listStreams(options.root, date);
      const files = await mapLimited(keys, FILES_AT_ONCE, async (key) => {
        ctx.signal.throwIfAborted();
        const file = await openFile(key, options, ctx);
        opened.push(file);
        progress.advance(1);
        return { key, file };
      });
      for (const { key, file } of files) {
        const name = `${key.ticker}/${key.package}/${key.category}`;
        const stream = byName.get(name);
        if (stream === undefined) byName.set(name, { key, files: [file] });
        else stream.files.push(file);
      }
      const span = await spanOf(files.map(({ file }) => file));
      if (span !== undefined) spans.push(span);
    }
  } catch (error) {
    await closeAll(opened);
    throw error;
  } finally {
    progress.done();
  }
  const streams = [...byName.values()].map(({ key, files }) => ({
    key,
    records: joinFiles(files),
    counters: countersOf(key, options.endpointCacheMode),
  }));
  return new Library(days, streams, { spans, files: opened.length });
}

async function openFile(key: StreamKey, { root, mode }: LibraryOptions, { log }: Ctx): Promise<RecordFile> {
  const file = await openStream(streamPath(root, key), mode);
  if (file.tornBytes > 0) {
    log.warn(`${file.path} ends in an unfinished record: its last ${file.tornBytes} bytes are not served`);
  }
  return file;
}

/** The names of a stream's playback counters. */
export function countersOf(key: StreamKey, mode: EndpointCacheMode): LoadedStream['counters'] {
  const socket = `ws/${hubOf(key)}/${key.ticker}/${key.category}`;
  const shared = `${key.ticker}/${key.package}`;
  if (mode === 'shared') return { chain: shared, majors: shared, maxchange: shared, socket };
  const own = `${shared}/${key.category}`;
  return { chain: own, majors: `${own}_majors`, maxchange: `${own}_maxchange`, socket };
}

/** The hub that carries a stream (contract section 5.5); sockets have positions of their own, always per category. */
function hubOf({ package: packageName, category }: StreamKey): string {
  if (packageName !== 'state') return packageName;
  if (category.startsWith('gex_')) return 'state_gex';
  return `state_greeks${/_(zero|one)$/.exec(category)?.[0] ?? ''}`;
}

async function closeAll(files: readonly RecordFile[]): Promise<void> {
  await Promise.all(files.map((file) => file.close()));
}
