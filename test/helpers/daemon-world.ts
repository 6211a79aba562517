import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { newYorkDate } from '../../src/core/calendar.js';
import { GexError } from '../../src/errors.js';
import type { Clock, Ctx } from '../../src/io/ctx.js';
import { newNote } from '../../src/io/lock-note.js';
import { daemon } from '../../src/jobs/daemon.js';
import type { Hole } from '../../src/jobs/daemon-due.js';
import type { DaemonPorts, LockPort } from '../../src/jobs/daemon-ports.js';
import { createSchedule, type DailyTime } from '../../src/jobs/daemon-schedule.js';
import { openStore } from '../../src/stores/sql/open.js';
import type { RunTable } from '../../src/stores/sql/runs.js';
import { tempFolder } from './folder.js';

const CELLS = 10;

/** One archive and one vendor, whoever runs. */
export class Archive {
  readonly held = new Set<string>();
  readonly missing = new Set<string>();
  readonly failed = new Set<string>();
  /** One entry per run that fetched something or tried to. */
  readonly runs: { readonly atMs: number; readonly dates: readonly string[]; readonly got: readonly string[] }[] = [];
  readonly messages: { readonly event: string; readonly dates: readonly string[] }[] = [];
  readonly remembered: string[] = [];
  suspicious: string[] = [];
  pings = 0;
  locks = { daemon: memoryLock(), run: memoryLock() };
  /** Of a date at an instant: it is there, it is not (404), or the attempt fails. */
  vendor: (date: string, atMs: number) => 'there' | 'absent' | 'fails' = () => 'there';
  /** How long fetching a date takes. */
  fetchMs = 60_000;

  hole(date: string): Hole {
    const kind = this.failed.has(date) ? 'failed' : this.missing.has(date) ? 'missing' : 'unknown';
    return { date, ...{ unknown: 0, missing: 0, failed: 0 }, [kind]: CELLS };
  }

  ports(runs: RunTable, clock: Clock): DaemonPorts & { daemonLock: LockPort; ended(): Promise<void> } {
    return {
      runs,
      runLock: this.locks.run,
      daemonLock: this.locks.daemon,
      ended: async () => {},
      audit: async () => this.suspicious,
      ping: async () => {
        this.pings++;
      },
      remember: async (date) => {
        this.remembered.push(date);
      },
      notify: async ({ dates, error, recovered }) => {
        this.messages.push({ event: error ? 'failure' : recovered ? 'recovered' : 'success', dates });
      },
      holes: async (dates) => dates.filter((date) => !this.held.has(date)).map((date) => this.hole(date)),
      run: async (dates, ctx) => {
        const got: string[] = [];
        this.runs.push({ atMs: clock.now(), dates, got });
        for (const date of dates) {
          await clock.sleep(this.fetchMs, ctx.signal);
          const answer = date > newYorkDate(clock.now()) ? 'absent' : this.vendor(date, clock.now());
          for (const set of [this.missing, this.failed]) set.delete(date);
          if (answer === 'there') got.push(date);
          (answer === 'there' ? this.held : answer === 'absent' ? this.missing : this.failed).add(date);
        }
        const count = (set: Set<string>): number => dates.filter((date) => set.has(date)).length * CELLS;
        const counts = {
          ...{ total: dates.length * CELLS, success: got.length * CELLS, skipped: 0 },
          ...{ missing: count(this.missing), failed: count(this.failed) },
        };
        return { counts, failures: [] };
      },
    };
  }
}

function memoryLock(): LockPort & { tag?: string | undefined } {
  const lock: LockPort & { tag?: string | undefined } = {
    acquire: async () => {
      if (lock.tag !== undefined) return undefined;
      const tag = newNote(1, 0).tag;
      lock.tag = tag;
      const release = async (): Promise<void> => {
        if (lock.tag === tag) lock.tag = undefined;
      };
      return { lost: new AbortController().signal, release };
    },
    holder: async () => (lock.tag === undefined ? undefined : { ...newNote(1, 0), tag: lock.tag, alive: true }),
  };
  return lock;
}

/** A clock that several tasks sleep on; it moves when everybody sleeps. */
export class VirtualClock implements Clock {
  #sleepers: { atMs: number; wake: () => void }[] = [];
  /** Added to what the wall clock says; sleeps do not follow it, as timers do not. */
  offsetMs = 0;
  #ms: number;

  constructor(startMs: number) {
    this.#ms = startMs;
  }

  now(): number {
    return this.#ms + this.offsetMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = {
        atMs: this.#ms + ms,
        wake: () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        },
      };
      const stop = (): void => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
        reject(signal?.reason);
      };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  /** Moves to an instant of undisturbed time, waking each sleeper at its instant and no two at once. */
  async moveTo(ms: number): Promise<void> {
    for (;;) {
      await settled();
      this.#sleepers.sort((a, b) => a.atMs - b.atMs);
      const first = this.#sleepers[0];
      if (!first || first.atMs > ms) break;
      this.#sleepers.shift();
      this.#ms = Math.max(this.#ms, first.atMs);
      first.wake();
    }
    this.#ms = ms;
  }
}

/** SQLite answers within the turn it is asked in: after two turns everybody who can go on has. */
async function settled(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise(setImmediate);
}

export const NEW_YORK_EVENING: DailyTime = { hour: 20, minute: 0, timeZone: 'America/New_York' };

type Options = Parameters<typeof daemon>[1];

export const OPTIONS: Options = {
  ...{ catchUp: 'all', maxCatchUp: 90, runOnStartup: true, wakeMs: 60_000 },
  retryDelaysMs: [5, 15, 30, 60, 120].map((minutes) => minutes * 60_000),
};

/** A history in a database of its own. */
export async function history(): Promise<RunTable> {
  const store = await openStore(join(tempFolder(), 'gex.db'));
  onTestFinished(() => store.close());
  return store.runs;
}

interface Started {
  readonly lines: string[];
  /** Ends the daemon as SIGTERM does. */
  stop(): Promise<unknown>;
}

/** Starts a daemon on an archive. */
export function start(
  archive: Archive,
  {
    clock,
    runs,
    daily = NEW_YORK_EVENING,
    options = {},
  }: {
    readonly clock: Clock;
    readonly runs: RunTable;
    readonly daily?: DailyTime;
    readonly options?: Partial<Options>;
  },
): Started {
  const abort = new AbortController();
  const lines: string[] = [];
  const ctx = testCtx(clock, abort.signal, lines);
  const end = daemon(createSchedule(daily), { ...OPTIONS, ...options }, archive.ports(runs, clock), ctx).catch(
    (error: unknown) => error,
  );
  return {
    lines,
    stop: () => {
      abort.abort(new GexError('interrupted', 'stopped by SIGTERM'));
      return end;
    },
  };
}

export function testCtx(clock: Clock, signal = new AbortController().signal, lines: string[] = []): Ctx {
  const say = (message: string): void => {
    lines.push(message);
  };
  return {
    clock,
    signal,
    log: { debug: say, info: say, warn: say, error: say },
    progress: { start: () => ({ advance() {}, done() {} }) },
  };
}
