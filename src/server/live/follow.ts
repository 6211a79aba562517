import type { Ctx } from '../../io/ctx.js';
import type { Library } from '../library.js';
import type { Replay } from '../replay.js';
import { addStreams, hasBegun, isReplaced, liveDate } from './library.js';

/** How often files and days that are new are looked for; records of open files are seen by every request and tick. */
const LOOK_MS = 1000;

/** Serves files and tickers that appear, and the next day once it has a record, until `signal` is aborted. */
export async function followLive(replay: Replay, ctx: Ctx, signal: AbortSignal): Promise<void> {
  while (await sleeps(ctx, signal)) {
    try {
      await look(replay, ctx);
    } catch (error) {
      ctx.log.warn('looking for new record files failed', { error });
    }
  }
}

async function look(replay: Replay, ctx: Ctx): Promise<void> {
  const { options, session } = replay;
  const { library } = session;
  const next = await nextDate(library, options.root, ctx);
  if (next !== undefined) {
    await replay.reload(next);
    return ctx.log.info(`${next} has begun: it is served live now`, { previous: library.date });
  }
  if (await isReplaced(library)) {
    await replay.reload(library.date);
    return ctx.log.info(`record files of ${library.date} were replaced: the new ones are served live now`);
  }
  const added = await addStreams(library, options, ctx);
  if (added > 0) ctx.log.info(`${added} more record files of ${library.date} are served`, { tickers: library.tickers });
}

/** The day that follows the one being served, once it has a record. */
async function nextDate(library: Library, root: string, ctx: Ctx): Promise<string | undefined> {
  const date = await liveDate(root, ctx);
  if (date === undefined || date === library.date) return undefined;
  const isNews = date > library.date || library.streams.length === 0;
  return isNews && (await hasBegun(root, date)) ? date : undefined;
}

/** False when the wait was ended by the signal. */
function sleeps({ clock }: Ctx, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(LOOK_MS, signal).then(
    () => true,
    () => false,
  );
}
