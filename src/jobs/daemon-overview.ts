import type { Ctx } from '../io/ctx.js';
import type { LockNote } from '../io/lock-note.js';
import { type Hole, isOpen } from './daemon-due.js';
import { type PastRun, pastRuns } from './daemon-history.js';
import type { DaemonPorts, LockPort } from './daemon-ports.js';
import type { DueSession, Schedule } from './daemon-schedule.js';
import { daysLeft } from './vendor-window.js';

/** What can be said about the daemon of a data folder by anybody who can read the folder. */
export interface Overview {
  /** A run is under way, a daemon waits for the next session, or there is none. */
  readonly state: 'running' | 'waiting' | 'stopped';
  /** Who holds the locks. */
  readonly daemon?: Holder;
  readonly run?: Holder;
  /** The session that is due next, in the schedule of this call's options. */
  readonly next: DueSession;
  readonly lastRun?: PastRun;
  /** The last run that left nothing open. */
  readonly lastSuccess?: PastRun;
  /** Runs in the history by status, of the newest thousand. */
  readonly runs: Readonly<Record<string, number>>;
  /** Sessions that are due, not whole, and still kept by the vendor; oldest first. */
  readonly holes: readonly DatedHole[];
}

type Holder = Pick<LockNote, 'pid' | 'host' | 'sinceMs' | 'expiresMs'>;

interface DatedHole extends Hole {
  /** Until the vendor drops the date; 0 on its last day. */
  readonly daysLeft: number;
  /** The vendor may still publish it, or an attempt failed: it is worth waiting for. */
  readonly open: boolean;
}

const RUNS_COUNTED = 1000;

/** What it takes to look: nothing here changes anything. */
export interface LookPorts extends Pick<DaemonPorts, 'holes' | 'runLock'> {
  readonly runs: Pick<DaemonPorts['runs'], 'latest'>;
  readonly daemonLock: LockPort;
}

/** The state of a data folder, computed from its locks, its history, its ledger and its files. */
export async function overview(schedule: Schedule, ports: LookPorts, ctx: Ctx): Promise<Overview> {
  const nowMs = ctx.clock.now();
  const [daemon, run] = await Promise.all([holderOf(ports.daemonLock, nowMs), holderOf(ports.runLock, nowMs)]);
  const past = await pastRuns(ports, RUNS_COUNTED, nowMs);
  const holes = await ports.holes(schedule.due(nowMs), ctx);
  const [lastRun] = past;
  const lastSuccess = past.find(({ status }) => status === 'done');
  return {
    state: run ? 'running' : daemon ? 'waiting' : 'stopped',
    ...(daemon && { daemon }),
    ...(run && { run }),
    next: schedule.next(nowMs),
    ...(lastRun && { lastRun }),
    ...(lastSuccess && { lastSuccess }),
    runs: countBy(past),
    holes: holes.map((hole) => ({ ...hole, daysLeft: daysLeft(hole.date, nowMs), open: isOpen(hole, nowMs) })),
  };
}

async function holderOf(lock: LockPort, nowMs: number): Promise<Holder | undefined> {
  const note = await lock.holder();
  if (!note || !(note.alive ?? note.expiresMs > nowMs)) return undefined;
  const { pid, host, sinceMs, expiresMs } = note;
  return { pid, host, sinceMs, expiresMs };
}

function countBy(runs: readonly PastRun[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of runs) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
