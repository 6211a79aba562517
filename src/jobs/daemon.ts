import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import type { DaemonOptions, DaemonPorts, LockPort } from './daemon-ports.js';
import { type RunResult, runDue, sentence } from './daemon-run.js';
import type { Schedule } from './daemon-schedule.js';
import { underLock, waitForLock, wakeAt } from './daemon-wake.js';

interface LoopOptions extends DaemonOptions {
  /** Whether what is due already is run at once, or with the next session. */
  readonly runOnStartup: boolean;
  /** Waits after failed runs of one session, in order; then its holes wait for the next session. */
  readonly retryDelaysMs: readonly number[];
}

interface LoopPorts extends DaemonPorts {
  /** Held by the one daemon of the data folder that works; others stand by. */
  readonly daemonLock: LockPort;
  /** Hears of every run that had something to do. */
  ended(result: RunResult): Promise<void>;
}

const STAND_BY_POLL_MS = 2000;

/**
 * Runs what is due after every session until `ctx.signal` is aborted, whose reason it rejects with. Two daemons on one
 * data folder take turns: the second stands by until the first has ended. A run that fails never ends the daemon.
 */
export async function daemon(schedule: Schedule, options: LoopOptions, ports: LoopPorts, ctx: Ctx): Promise<never> {
  const from = options.runOnStartup ? Number.NEGATIVE_INFINITY : ctx.clock.now();
  for (;;) {
    const lock = await waitForLock(ports.daemonLock, 'a daemon runs in', STAND_BY_POLL_MS, ctx);
    await underLock(lock, ctx, (locked) => keep(schedule, { ...options, from }, ports, locked)).catch(
      (error: unknown) => {
        ctx.signal.throwIfAborted();
        if (!lock.lost.aborted) throw error;
        ctx.log.warn(sentence(lock.lost.reason));
      },
    );
  }
}

interface Retry {
  readonly atMs: number;
  readonly delayMs: number;
  /** How many retries of this session went before. */
  readonly index: number;
}

/** The loop proper. Nothing it keeps in memory decides what is fetched, only when somebody looks again. */
async function keep(
  schedule: Schedule,
  options: LoopOptions & { readonly from: number },
  ports: LoopPorts,
  ctx: Ctx,
): Promise<never> {
  let handledMs = options.from;
  let retry: Retry | undefined;
  let before: RunResult | undefined;
  let told = 0;
  for (;;) {
    const nowMs = ctx.clock.now();
    // Where the clock was set back, sessions that seemed due lie ahead again, and a retry must not wait for the old time.
    handledMs = Math.min(handledMs, nowMs);
    if (retry && retry.atMs > nowMs + retry.delayMs) retry = { ...retry, atMs: nowMs + retry.delayMs };
    const session = schedule.last(nowMs);
    const isNew = session.dueMs > handledMs;
    if (isNew || (retry && retry.atMs <= nowMs)) {
      const index: number = isNew || !retry ? 0 : retry.index + 1;
      const attempt = await attempted(schedule, { options, before }, ports, ctx);
      handledMs = Math.max(handledMs, session.dueMs);
      retry = nextRetry(attempt, index, options, ctx);
      before = attempt.result;
      continue;
    }
    const next = schedule.next(nowMs);
    const atMs = Math.min(next.dueMs, retry?.atMs ?? Number.POSITIVE_INFINITY);
    if (atMs !== told) ctx.log.info(`next run at ${new Date(atMs).toISOString()}`, { session: next.date });
    told = atMs;
    await wakeAt(atMs, options.wakeMs, ctx);
  }
}

interface Attempt {
  readonly result?: RunResult | undefined;
  /** Why not even a run came about. */
  readonly fault?: unknown;
}

async function attempted(
  schedule: Schedule,
  call: { readonly options: DaemonOptions; readonly before: RunResult | undefined },
  ports: LoopPorts,
  ctx: Ctx,
): Promise<Attempt> {
  try {
    const result = await runDue(schedule, call, ports, ctx);
    if (!result) ctx.log.info('nothing is due that is not held');
    else if (result.error !== undefined) ctx.log.warn(sentence(result.error));
    if (result) await ports.ended(result);
    return { result };
  } catch (fault) {
    ctx.signal.throwIfAborted();
    ctx.log.error(`the run could not be made: ${sentence(fault)}`, fault instanceof GexError ? {} : { error: fault });
    const { date } = schedule.last(ctx.clock.now());
    const counts = { total: 0, success: 0, skipped: 0, missing: 0, failed: 0 };
    const outcome = { dates: [date], counts, failures: [], durationMs: 0, error: sentence(fault) };
    await ports.notify(outcome, ctx).catch((reason: unknown) => ctx.log.warn(sentence(reason)));
    return { fault };
  }
}

function nextRetry({ result, fault }: Attempt, index: number, options: LoopOptions, ctx: Ctx): Retry | undefined {
  const error = fault ?? result?.error;
  if (error === undefined) return undefined;
  const delayMs = options.retryDelaysMs[index];
  if (delayMs === undefined || !mayPass(error)) {
    ctx.log.warn('giving up until the next session; what is missing is tried again then');
    return undefined;
  }
  return { atMs: ctx.clock.now() + delayMs, delayMs, index };
}

/** A refused key or a wrong option stays wrong the same evening. */
function mayPass(error: unknown): boolean {
  return !(error instanceof GexError && (error.kind === 'auth' || error.kind === 'usage'));
}
