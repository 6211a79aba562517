import { option, toggle } from '../option.js';
import { durations, timeZone } from '../times.js';
import { oneOf, text, truth, whole } from '../values.js';

/** Options of `gex daemon`; variables of GexBot contract section 4.7. */
export const DAEMON_ROWS = {
  daemonConfigPath: option({
    flag: '--config',
    env: 'DAEMON_CONFIG_PATH',
    type: text('FILE', 'the path of a YAML file'),
    otherwise: 'GEX_CONFIG',
    description: 'YAML file of gex daemon; --config and GEX_CONFIG go before it',
  }),
  scheduleHour: option({
    flag: '--hour',
    env: 'DAEMON_SCHEDULE_HOUR',
    yaml: 'daemon.schedule_hour',
    type: whole('HOUR', 0, 23),
    default: 20,
    description: 'hour of the run after a session, in the time zone of the daemon',
  }),
  scheduleMinute: option({
    flag: '--minute',
    env: 'DAEMON_SCHEDULE_MINUTE',
    yaml: 'daemon.schedule_minute',
    type: whole('MINUTE', 0, 59),
    default: 0,
    description: 'minute of that run; a session is never run earlier than half an hour after its close',
  }),
  daemonTimeZone: option({
    flag: '--timezone',
    env: 'DAEMON_TIMEZONE',
    yaml: 'daemon.timezone',
    type: timeZone,
    default: 'America/New_York',
    description: 'time zone of the hour and the minute',
  }),
  daemonOnce: toggle({ flag: '--once', description: 'do what is due now, then leave, as under cron' }),
  runOnStartup: option({
    flag: '--run-on-startup',
    env: 'DAEMON_RUN_ON_STARTUP',
    yaml: 'daemon.run_on_startup',
    type: truth,
    default: true,
    description: 'whether a starting daemon runs what is due already, or waits for the next session',
  }),
  catchUp: option({
    flag: '--catch-up',
    env: 'DAEMON_CATCH_UP',
    yaml: 'daemon.catch_up',
    type: oneOf('HOW', ['none', 'one', 'recent', 'all']),
    default: 'all',
    description:
      'missed sessions a run takes up besides the newest: none, the one the vendor drops first, those of the last 7 days, or all it still keeps',
  }),
  maxCatchUp: option({
    flag: '--max-catch-up',
    env: 'DAEMON_MAX_CATCH_UP',
    yaml: 'daemon.max_catch_up',
    type: whole('N', 0, 90),
    default: 90,
    description: 'most missed sessions one run takes up besides the newest, those the vendor drops first in front',
  }),
  retryDelays: option({
    flag: '--run-retry-delays',
    env: 'DAEMON_RETRY_DELAYS',
    yaml: 'daemon.retry_delays',
    type: durations(1000, 86_400_000),
    default: [5, 15, 30, 60, 120].map((minutes) => minutes * 60_000),
    description: 'waits before the retries of a failed run; then what is missing waits for the next session',
  }),
  daemonStateFile: option({
    flag: '--state-file',
    env: 'DAEMON_STATE_FILE',
    yaml: 'daemon.state_file',
    type: text('FILE', 'the path of a file'),
    otherwise: '.daemon-state in the data folder',
    description: 'file that gets the date of the last complete run, for other programs; gex never reads it',
  }),
  daemonHost: option({
    flag: '--health-host',
    env: 'DAEMON_HOST',
    yaml: 'daemon.host',
    type: text('HOST', 'a host name or address'),
    default: '127.0.0.1',
    description: 'address that /health and /metrics listen on; 0.0.0.0 for all',
  }),
  daemonPort: option({
    flag: '--health-port',
    env: 'DAEMON_PORT',
    yaml: 'daemon.port',
    type: whole('PORT', 0, 65535),
    otherwise: 'no such server',
    description: 'port of /health, /ready and /metrics; 0 takes any free one',
  }),
  historyLimit: option({
    flag: '--limit',
    type: whole('N', 1, 10_000),
    default: 20,
    description: 'most runs that gex daemon history prints',
  }),
} as const;

/** Options that `gex daemon` takes as flags. */
export const DAEMON_KEYS = (Object.keys(DAEMON_ROWS) as (keyof typeof DAEMON_ROWS)[]).filter(
  (key) => key !== 'daemonConfigPath',
);
