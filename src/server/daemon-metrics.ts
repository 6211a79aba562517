import { Counter, Gauge, Registry } from 'prom-client';
import type { DaemonStatus } from './daemon-status.js';

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);

/** A gauge without a value is left out of the answer: 0 would be a statement. */
const GAUGES: readonly (readonly [name: string, help: string, read: (status: DaemonStatus) => number | undefined])[] = [
  ['start_timestamp_seconds', 'When the daemon started', ({ startedMs }) => seconds(startedMs)],
  ['running', '1 while a run is under way', ({ running }) => Number(running)],
  ['last_run_timestamp_seconds', 'When the last run began', ({ lastRun }) => seconds(lastRun?.startedMs)],
  [
    'last_success_timestamp_seconds',
    'When the last run that left nothing open ended',
    ({ lastSuccessMs }) => seconds(lastSuccessMs),
  ],
  ['next_run_timestamp_seconds', 'When the next run is due', ({ nextRunMs }) => seconds(nextRunMs)],
  ['holes', 'Expected files that are not held and can still be had', ({ holes }) => holes],
  ['days_left_min', 'Days until the vendor drops the oldest hole', ({ daysLeftMin }) => daysLeftMin],
];

/** The status in the Prometheus text format, every name with the prefix `gex_daemon_`. */
export async function daemonMetrics(status: DaemonStatus): Promise<{ readonly type: string; readonly text: string }> {
  const registry = new Registry();
  const registers = [registry];
  for (const [name, help, read] of GAUGES) {
    const value = read(status);
    if (value !== undefined) new Gauge({ name: `gex_daemon_${name}`, help, registers }).set(value);
  }
  if (status.runs !== undefined) {
    const help = 'Runs in the history, by status';
    const runs = new Counter({ name: 'gex_daemon_runs_total', help, labelNames: ['status'], registers });
    for (const [name, count] of Object.entries(status.runs)) runs.inc({ status: name }, count);
  }
  const memory = { name: 'process_resident_memory_bytes', help: 'Memory the process holds', registers };
  new Gauge(memory).set(process.memoryUsage.rss());
  return { type: registry.contentType, text: await registry.metrics() };
}
