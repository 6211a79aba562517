import type { Ctx } from '../io/ctx.js';
import type { FileLock } from '../io/lock.js';
import type { LockNote } from '../io/lock-note.js';
import type { RunTable } from '../stores/sql/runs.js';
import type { CatchUp, Hole } from './daemon-due.js';
import type { RunOutcome } from './notify-message.js';

/** What a run of some dates did, file by file. */
export type RunFigures = Pick<RunOutcome, 'counts' | 'failures'>;

/** A lock file as the daemon uses it. */
export interface LockPort {
  acquire(ctx: Ctx): Promise<FileLock | undefined>;
  holder(): Promise<(LockNote & { readonly alive?: boolean }) | undefined>;
}

/** Everything the daemon does to the world besides waiting. */
export interface DaemonPorts {
  /** Cells of these dates that are not held, counted from the ledger and the files; dates without any are left out. */
  holes(dates: readonly string[], ctx: Ctx): Promise<readonly Hole[]>;
  /** Fetches what is not held. Rejects when the run as a whole cannot go on (refused key, full disk, network). */
  run(dates: readonly string[], ctx: Ctx): Promise<RunFigures>;
  /** What is odd about the files that are held of these dates, a sentence each. */
  audit(dates: readonly string[], ctx: Ctx): Promise<readonly string[]>;
  /** One message about a finished run, and the dead-man ping. */
  notify(outcome: RunOutcome, ctx: Ctx): Promise<unknown>;
  /** The dead-man ping alone, where there was nothing to do. */
  ping(ctx: Ctx): Promise<unknown>;
  /** Writes the newest date without holes where other programs look for it. */
  remember(date: string): Promise<unknown>;
  readonly runs: RunTable;
  /** Held for each run, by whoever starts it. */
  readonly runLock: LockPort;
}

export interface DaemonOptions {
  readonly catchUp: CatchUp;
  readonly maxCatchUp: number;
  /** Longest time between two looks at the clock: a clock that steps or a computer that slept is noticed after it. */
  readonly wakeMs: number;
}
