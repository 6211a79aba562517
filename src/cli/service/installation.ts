import type { DailyTime } from '../../jobs/daemon-schedule.js';

/** What a service file needs to know of this installation; every path is absolute. */
export interface Installation {
  readonly node: string;
  /** bin/gex.js. */
  readonly program: string;
  /** Where `.env` and `configs/default.yaml` are looked for. */
  readonly folder: string;
  readonly dataDir: string;
  /** Absent unless a YAML file was named. */
  readonly config?: string;
  readonly user: string;
  /** When a session is due at the latest, on clocks of the daemon's zone and of this machine's. */
  readonly due: { readonly daemon: DailyTime; readonly machine: DailyTime };
}

/** The words that run the daemon, not yet quoted. */
export function daemonCommand({ node, program, dataDir, config }: Installation, ...flags: readonly string[]): string[] {
  const named = config === undefined ? [] : ['--config', config];
  return [node, program, 'daemon', ...flags, '--data-dir', dataDir, ...named];
}
