import type { Ctx } from '../io/ctx.js';
import { listStreams, newestDate } from '../stores/archive/days.js';

/** Who serves a day, in one process or several. */
export interface Follower {
  readonly root: string;
  /** The day being served. */
  date(): string;
  /** Resolves with the day then served. Undefined while another reload is under way. */
  reload(date: string): Promise<string> | undefined;
}

interface Wish {
  /** Only `latest`, or none, follows the newest. */
  readonly date: string;
  /** 0 or absent: never. */
  readonly reloadEveryMs?: number;
}

/**
 * Serves the newest day as it lands in the archive, until `signal` is aborted. A newer day is loaded when its files were
 * the same at two looks, so that tickers that are still arriving are not left out; every position is then at its first
 * record. It ends when somebody loads another day: then that one is meant.
 */
export async function followNewest(
  follower: Follower,
  { date: wish, reloadEveryMs: everyMs = 0 }: Wish,
  ctx: Ctx,
  signal: AbortSignal,
): Promise<void> {
  if (everyMs === 0 || (wish !== '' && wish !== 'latest')) return;
  let own = follower.date();
  let seen = '';
  while (await sleeps(everyMs, ctx, signal)) {
    const date = follower.date();
    if (date !== own) return ctx.log.info(`newer days are not followed any more: ${date} was loaded by request`);
    try {
      const newest = await newestDate(follower.root);
      if (newest === undefined || newest <= own) continue;
      const files = JSON.stringify(await listStreams(follower.root, newest));
      if (files !== seen) {
        seen = files;
        continue;
      }
      const served = await follower.reload(newest);
      if (served === undefined) continue;
      own = served;
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
