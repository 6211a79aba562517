import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import { datesToRun, type Hole, isOpen } from './daemon-due.js';
import type { DaemonOptions, DaemonPorts, RunFigures } from './daemon-ports.js';
import type { Schedule } from './daemon-schedule.js';
import { underLock, waitForLock } from './daemon-wake.js';

/** What became of a run. */
export interface RunResult {
  /** `done`: nothing failed, and nothing is missing that the vendor may still publish. */
  readonly status: 'done' | 'failed';
  readonly dates: readonly string[];
  readonly startedMs: number;
  readonly finishedMs: number;
  readonly figures: RunFigures;
  /** What these dates still lack. */
  readonly holes: readonly Hole[];
  /** What is odd about files that are held, a sentence each. */
  readonly suspicious: readonly string[];
  /** Why the run could not go on, or what is still missing. */
  readonly error?: unknown;
}

const NOTHING: RunFigures = {
  counts: { total: 0, success: 0, skipped: 0, missing: 0, failed: 0 },
  failures: [],
};

const SENTENCES_KEPT = 20;
const LOCK_POLL_MS = 2000;

/**
 * Runs what is due now, alone among the processes of the data folder; undefined when nothing is. What is due is computed
 * anew under the lock: what another process has fetched meanwhile is not run again. `before` is the result that a retry
 * follows: when the retry fails in the same way, no second message is sent. Rejects only when interrupted, and when the
 * lock, the ledger or the history cannot be used.
 */
export async function runDue(
  schedule: Schedule,
  { options, before }: { readonly options: DaemonOptions; readonly before?: RunResult | undefined },
  ports: DaemonPorts,
  ctx: Ctx,
): Promise<RunResult | undefined> {
  const lock = await waitForLock(ports.runLock, 'a run is going on in', LOCK_POLL_MS, ctx);
  return underLock(lock, ctx, async (locked) => {
    const nowMs = ctx.clock.now();
    const holes = await ports.holes(schedule.due(nowMs), locked);
    const dates = datesToRun(holes, schedule, nowMs, options);
    if (dates.length === 0) {
      await ports.ping(ctx);
      return undefined;
    }
    const [last] = await ports.runs.latest(1, 'daemon');
    const result = await recorded(dates, { ports, ctx, locked });
    if (!(before && isRepeated(result, before))) await announce(result, last?.status === 'failed', ports, ctx);
    return result;
  });
}

interface Running {
  readonly ports: DaemonPorts;
  readonly ctx: Ctx;
  /** Interrupted when the lock is lost, too. */
  readonly locked: Ctx;
}

/** The run as a row of the history: started before its first request, finished whatever happens short of kill -9. */
async function recorded(dates: readonly string[], { ports, ctx, locked }: Running): Promise<RunResult> {
  const startedMs = ctx.clock.now();
  const holder = await ports.runLock.holder();
  const id = await ports.runs.start('daemon', startedMs, { dates, lock: holder?.tag });
  ctx.log.info(`run of ${listed(dates)} begins`);
  try {
    const result = await fetched(dates, startedMs, ports, locked);
    const { status, figures, holes, error } = result;
    const failures = figures.failures.slice(0, SENTENCES_KEPT);
    const suspicious = result.suspicious.slice(0, SENTENCES_KEPT);
    const report = {
      counts: figures.counts,
      failures,
      suspicious,
      holes,
      ...(error ? { error: sentence(error) } : {}),
    };
    ctx.signal.throwIfAborted();
    await ports.runs.finish(id, result.finishedMs, status, report);
    if (status === 'done') ctx.log.info(`run of ${listed(dates)} is done`);
    return result;
  } catch (error) {
    await ports.runs.finish(id, ctx.clock.now(), ctx.signal.aborted ? 'interrupted' : 'failed');
    throw error;
  }
}

async function fetched(dates: readonly string[], startedMs: number, ports: DaemonPorts, ctx: Ctx): Promise<RunResult> {
  let figures = NOTHING;
  let error: unknown;
  try {
    figures = await ports.run(dates, ctx);
  } catch (reason) {
    error = reason;
  }
  const holes = await ports.holes(dates, ctx);
  const suspicious = await audited(dates, ports, ctx);
  const finishedMs = ctx.clock.now();
  error ??= missingYet(holes.filter((hole) => isOpen(hole, finishedMs)));
  const status = error === undefined ? 'done' : 'failed';
  return {
    status,
    dates,
    startedMs,
    finishedMs,
    figures,
    holes,
    suspicious,
    ...(error === undefined ? {} : { error }),
  };
}

/** Files that are held and odd are told and no failure: fetching them again gives the same. */
async function audited(dates: readonly string[], ports: DaemonPorts, ctx: Ctx): Promise<readonly string[]> {
  try {
    const suspicious = await ports.audit(dates, ctx);
    for (const line of suspicious.slice(0, SENTENCES_KEPT)) ctx.log.warn(line);
    return suspicious;
  } catch (error) {
    ctx.signal.throwIfAborted();
    ctx.log.warn(`the audit could not be made: ${sentence(error)}`);
    return [];
  }
}

/** One message per run; a state file for those who watch one. Neither can fail the run. */
async function announce(result: RunResult, lastFailed: boolean, ports: DaemonPorts, ctx: Ctx): Promise<void> {
  const { status, dates, figures, error } = result;
  const outcome = {
    ...{ dates, ...figures, durationMs: result.finishedMs - result.startedMs },
    recovered: lastFailed && status === 'done',
    ...(error ? { error: sentence(error) } : {}),
  };
  const warn = (reason: unknown): void => ctx.log.warn(sentence(reason));
  const whole = dates.filter((date) => !result.holes.some((hole) => hole.date === date)).at(-1);
  if (status === 'done' && whole !== undefined) await ports.remember(whole).catch(warn);
  await ports.notify(outcome, ctx).catch(warn);
}

/** Whether a failed run ended just as the failed one before it. */
function isRepeated(result: RunResult, before: RunResult): boolean {
  const shape = ({ status, dates, holes }: RunResult): string => JSON.stringify([status, dates, holes]);
  return result.status === 'failed' && shape(result) === shape(before);
}

function missingYet(holes: readonly Hole[]): GexError | undefined {
  if (holes.length === 0) return undefined;
  const cells = holes.reduce((sum, { unknown, missing, failed }) => sum + unknown + missing + failed, 0);
  const failed = holes.reduce((sum, hole) => sum + hole.failed, 0);
  const why = failed > 0 ? `${failed} failed` : 'the vendor has not published them yet';
  return new GexError('partial', `${cells} files of ${listed(holes.map(({ date }) => date))} are missing: ${why}`);
}

/** `2026-11-18, 2026-11-19`; long lists as their ends. */
export function listed(dates: readonly string[]): string {
  if (dates.length <= 4) return dates.join(', ');
  return `${dates.length} sessions from ${dates[0]} to ${dates.at(-1)}`;
}

export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
