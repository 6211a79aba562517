import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import type { Reloaded } from '../peers.js';
import type { WorkerProcess } from './worker-process.js';

/**
 * Replays another day in every worker: all load it first, and only when all have it is it served. Throws what the first
 * worker that could not load it threw; then every worker stays with the old day. A worker that fails after that is
 * ended, and its replacement loads the new day.
 */
export async function reloadAll(
  workers: readonly WorkerProcess[],
  date: string,
  ctx: Ctx,
): Promise<Omit<Reloaded, 'previousDate'>> {
  const [first] = workers;
  if (first === undefined) {
    throw new GexError('storage', 'Every worker of this server is being replaced: try again in a second.');
  }
  try {
    await all(workers, (worker) => worker.channel.ask('load', date));
    await all(workers, (worker) => worker.channel.ask('settle', undefined));
    await first.channel.ask('clear', undefined);
  } catch (error) {
    await Promise.allSettled(workers.map((worker) => worker.channel.ask('abandon', undefined)));
    throw error;
  }
  const loadedAtMs = ctx.clock.now();
  const swaps = await Promise.allSettled(workers.map((worker) => worker.channel.ask('swap', loadedAtMs)));
  const served = swaps.find((swap) => swap.status === 'fulfilled');
  if (served === undefined) throw (swaps[0] as PromiseRejectedResult).reason;
  for (const [index, swap] of swaps.entries()) {
    if (swap.status === 'rejected') endBehind(workers[index], swap.reason, ctx);
  }
  return { date: served.value.date, files: served.value.files, loadedAtMs };
}

/** Waits for all, so that nothing is under way when the first failure is thrown. */
async function all<T>(workers: readonly WorkerProcess[], work: (worker: WorkerProcess) => Promise<T>): Promise<void> {
  const results = await Promise.allSettled(workers.map(work));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

function endBehind(worker: WorkerProcess | undefined, error: unknown, { log }: Ctx): void {
  if (worker === undefined) return;
  log.error(`worker ${worker.name} could not take the new day and is replaced`, { error });
  worker.kill();
}
