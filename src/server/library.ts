import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import { mapLimited } from '../io/limit.js';
import { listDates, listStreams } from '../stores/archive/days.js';
import { streamPath } from '../stores/archive/path.js';
import { openStream, type ReadMode, type RecordFile } from '../stores/archive/read.js';
import { categoryOf, type PackageName, type StreamKey } from '../wire/catalogue.js';

/** One stream of the loaded day and the names of its playback counters. */
interface LoadedStream {
  readonly key: StreamKey;
  readonly records: RecordFile;
  readonly counters: Readonly<Record<RecordView, string>>;
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
  /** `YYYY-MM-DD`; empty or `latest`: the newest day held. */
  readonly date: string;
  readonly mode: ReadMode;
  readonly endpointCacheMode: EndpointCacheMode;
}

/** One day of the archive, opened. `close` waits for the reads it was asked to `hold`. */
export class Library {
  readonly date: string;
  readonly streams: readonly LoadedStream[];
  readonly #byPath = new Map<string, LoadedStream>();
  #reading = 0;
  #whenIdle: (() => void) | undefined;

  constructor(date: string, streams: readonly LoadedStream[]) {
    this.date = date;
    this.streams = streams;
    for (const stream of streams) {
      const { ticker, package: packageName, category } = stream.key;
      const alias = categoryOf(packageName, category)?.alias;
      this.#byPath.set(`${ticker}/${packageName}/${category}`, stream);
      if (alias !== undefined) this.#byPath.set(`${ticker}/${packageName}/${alias}`, stream);
    }
  }

  /** The stream a path names; `category` canonical or alias, `ticker` upper case. */
  find(ticker: string, packageName: PackageName, category: string): LoadedStream | undefined {
    return this.#byPath.get(`${ticker}/${packageName}/${category}`);
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
    await closeAll(this.streams.map((stream) => stream.records));
  }
}

/** Reading one file while another is indexed; more only takes memory. */
const FILES_AT_ONCE = 4;

/** Opens a day of the archive. Throws `missing` when it is not held, `storage` when a file cannot be read. */
export async function loadLibrary(options: LibraryOptions, ctx: Ctx): Promise<Library> {
  const date = chooseDate(await listDates(options.root), options);
  const opened: RecordFile[] = [];
  const progress = ctx.progress.start(`load ${date}`);
  try {
    const keys = await listStreams(options.root, date);
    const streams = await mapLimited(keys, FILES_AT_ONCE, async (key) => {
      ctx.signal.throwIfAborted();
      const records = await openStream(streamPath(options.root, key), options.mode);
      opened.push(records);
      progress.advance(1);
      if (records.tornBytes > 0) {
        ctx.log.warn(
          `${records.path} ends in an unfinished record: its last ${records.tornBytes} bytes are not served`,
        );
      }
      return { key, records, counters: countersOf(key, options.endpointCacheMode) };
    });
    return new Library(date, streams);
  } catch (error) {
    await closeAll(opened);
    throw error;
  } finally {
    progress.done();
  }
}

function chooseDate(held: readonly string[], { root, date }: LibraryOptions): string {
  const newest = held.at(-1);
  if (newest === undefined) {
    throw new GexError(
      'missing',
      `No market day is held in ${root}; make one with "gex synth", or name another folder with --data-dir.`,
    );
  }
  if (date === '' || date === 'latest') return newest;
  if (held.includes(date)) return date;
  const shown = held.slice(-10);
  const more = held.length > shown.length ? ` and ${held.length - shown.length} earlier` : '';
  throw new GexError('missing', `No data for ${date} in ${root}; held: ${shown.join(', ')}${more}.`);
}

function countersOf(key: StreamKey, mode: EndpointCacheMode): LoadedStream['counters'] {
  const shared = `${key.ticker}/${key.package}`;
  if (mode === 'shared') return { chain: shared, majors: shared, maxchange: shared };
  const own = `${shared}/${key.category}`;
  return { chain: own, majors: `${own}_majors`, maxchange: `${own}_maxchange` };
}

async function closeAll(files: readonly RecordFile[]): Promise<void> {
  await Promise.all(files.map((file) => file.close()));
}
