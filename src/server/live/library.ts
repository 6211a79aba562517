import { stat } from 'node:fs/promises';
import { newYorkDate } from '../../core/calendar.js';
import type { Ctx } from '../../io/ctx.js';
import { mapLimited } from '../../io/limit.js';
import { listStreams, newestDate } from '../../stores/archive/days.js';
import { openGrowing } from '../../stores/archive/growing.js';
import { streamPath } from '../../stores/archive/path.js';
import { countersOf, Library, type LibraryOptions } from '../library.js';

/** Opening few at once keeps requests going meanwhile. */
const FILES_AT_ONCE = 4;

/**
 * Opens the day that is being recorded: the date named, or the newest one that has begun; an empty library where none is
 * held yet. Records are read from the files when asked for, whatever the read mode. GexError `storage`.
 */
export async function loadLive(options: LibraryOptions, ctx: Ctx): Promise<Library> {
  const named = /^\d/.test(options.date);
  const date = named ? options.date : ((await liveDate(options.root, ctx)) ?? newYorkDate(ctx.clock.now()));
  const library = new Library({ date, held: [date], missing: [] }, []);
  try {
    await addStreams(library, options, ctx);
    return library;
  } catch (error) {
    await library.close();
    throw error;
  }
}

/** The newest day of an archive that has begun; undefined when none is held. GexError `storage`. */
export function liveDate(root: string, { clock }: Ctx): Promise<string | undefined> {
  return newestDate(root, newYorkDate(clock.now()));
}

/** Opens the files of the day that a library does not have yet; returns how many there were. GexError `storage`. */
export async function addStreams(
  library: Library,
  { root, endpointCacheMode }: Pick<LibraryOptions, 'root' | 'endpointCacheMode'>,
  ctx: Ctx,
): Promise<number> {
  const held = await listStreams(root, library.date);
  const news = held.filter((key) => library.find(key.ticker, key.package, key.category) === undefined);
  await mapLimited(news, FILES_AT_ONCE, async (key) => {
    ctx.signal.throwIfAborted();
    const growing = await openGrowing(streamPath(root, key));
    library.add({ key, records: growing, growing, counters: countersOf(key, endpointCacheMode) });
  });
  return news.length;
}

/** Whether a day has a file that is not empty. GexError `storage`. */
export async function hasBegun(root: string, date: string): Promise<boolean> {
  for (const key of await listStreams(root, date)) {
    if (((await stat(streamPath(root, key)).catch(() => undefined))?.size ?? 0) > 0) return true;
  }
  return false;
}

/** Whether another file has taken the place of one that is open. */
export async function isReplaced({ streams }: Library): Promise<boolean> {
  for (const { records, growing } of streams) {
    const found = await stat(records.path).catch(() => undefined);
    if (found !== undefined && growing !== undefined && found.ino !== growing.inode) return true;
  }
  return false;
}
