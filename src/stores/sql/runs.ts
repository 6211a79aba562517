import type { Connection } from './connection.js';

export type RunStatus = 'running' | 'done' | 'failed' | 'interrupted';

/** One run of a command that wrote to the store. */
export interface Run {
  readonly id: number;
  readonly command: string;
  readonly startedMs: number;
  /** Absent while it runs, and for ever when it was killed. */
  readonly finishedMs?: number;
  readonly status: RunStatus;
  readonly options: unknown;
  readonly report?: unknown;
}

export interface RunTable {
  /** Resolves to the run's id. `options` must be free of secrets: it rests as JSON. */
  start(command: string, startedMs: number, options: unknown): Promise<number>;
  finish(id: number, finishedMs: number, status: Exclude<RunStatus, 'running'>, report?: unknown): Promise<void>;
  /** Newest first, of every command or of one. */
  latest(limit: number, command?: string): Promise<Run[]>;
}

export function runTable({ db, run }: Connection): RunTable {
  return {
    start: async (command, startedMs, options) => {
      const row = { command, started_ms: startedMs, status: 'running', options: JSON.stringify(options) };
      const { id } = await run(() => db.insertInto('runs').values(row).returning('id').executeTakeFirstOrThrow());
      return Number(id);
    },
    finish: async (id, finishedMs, status, report) => {
      const changes = { finished_ms: finishedMs, status, report: report === undefined ? null : JSON.stringify(report) };
      await run(() => db.updateTable('runs').set(changes).where('id', '=', id).execute());
    },
    latest: async (limit, command) => {
      const all = db.selectFrom('runs').selectAll().orderBy('id', 'desc').limit(limit);
      const query = command === undefined ? all : all.where('command', '=', command);
      const rows = await run(() => query.execute());
      return rows.map((row) => ({
        id: Number(row.id),
        command: row.command,
        startedMs: Number(row.started_ms),
        ...(row.finished_ms === null ? {} : { finishedMs: Number(row.finished_ms) }),
        status: row.status as RunStatus,
        options: JSON.parse(row.options),
        ...(row.report === null ? {} : { report: JSON.parse(row.report) }),
      }));
    },
  };
}
