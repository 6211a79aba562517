import type { Run, RunStatus, RunTable } from '../stores/sql/runs.js';
import type { LockPort } from './daemon-ports.js';

/** A run of the daemon; `killed` is one that never came to an end and whose process is gone. */
export interface PastRun extends Omit<Run, 'status'> {
  readonly status: RunStatus | 'killed';
  readonly dates: readonly string[];
}

interface HistoryPorts {
  readonly runs: Pick<RunTable, 'latest'>;
  readonly runLock: LockPort;
}

/** Runs of the daemon, newest first. */
export async function pastRuns({ runs, runLock }: HistoryPorts, limit: number, nowMs: number): Promise<PastRun[]> {
  const rows = await runs.latest(limit, 'daemon');
  const living = rows.some(({ status }) => status === 'running') ? await livingTag(runLock, nowMs) : undefined;
  return rows.map((row) => {
    const { dates, lock } = readOptions(row.options);
    const killed = row.status === 'running' && (living === undefined || lock !== living);
    return { ...row, dates, status: killed ? 'killed' : row.status };
  });
}

/** The tag under which a run goes on now. */
async function livingTag({ holder }: LockPort, nowMs: number): Promise<string | undefined> {
  const note = await holder();
  return note && (note.alive ?? note.expiresMs > nowMs) ? note.tag : undefined;
}

function readOptions(options: unknown): { dates: readonly string[]; lock?: unknown } {
  const { dates, lock } = (typeof options === 'object' && options !== null ? options : {}) as Record<string, unknown>;
  return { dates: Array.isArray(dates) ? dates.filter((date) => typeof date === 'string') : [], lock };
}
