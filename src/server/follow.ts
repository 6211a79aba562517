import type { Ctx } from '../io/ctx.js';
import { listStreams, newestDate } from '../stores/archive/days.js';
import type { Replay } from './replay.js';

/**
 * Serves the newest day as it lands in the archive, until `signal` is aborted. A newer day is loaded when its files were
 * the same at two looks, so that tickers that are still arriving are not left out; every position is then at its first
 * record. It ends when somebody loads another day: then that one is meant.
 */
export async function followNewest(replay: Replay, everyMs: number, ctx: Ctx, signal: AbortSignal): Promise<void> {
  let own = replay.session.library.date;
  let seen = '';
  while (await sleeps(everyMs, ctx, signal)) {
    const { date } = replay.session.library;
    if (date !== own) return ctx.log.info(`newer days are not followed any more: ${date} was loaded by request`);
    try {
      const newest = await newestDate(replay.options.root);
      if (newest === undefined || newest <= own) continue;
      const files = JSON.stringify(await listStreams(replay.options.root, newest));
      if (files !== seen) {
        seen = files;
        continue;
      }
      const swap = await replay.reload(newest);
      if (swap === undefined) continue;
      own = swap.current.library.date;
      ctx.log.info(`a newer day landed: serving ${own} from its first record`, { previous: date });
    } catch (error) {
      ctx.log.warn('looking for a newer day failed', { error });
    }
  }
}

/** False when the wait was ended by the signal. */
function sleeps(ms: number, { clock }: Ctx, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(ms, signal).then(
    () => true,
    () => false,
  );
}
