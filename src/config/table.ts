import type { OptionRow, SettingOf } from './option.js';
import { ARCHIVE_ROWS } from './rows/archive.js';
import { AUTH_ROWS } from './rows/auth.js';
import { BACKFILL_ROWS } from './rows/backfill.js';
import { BUS_ROWS } from './rows/bus.js';
import { COMMON_ROWS } from './rows/common.js';
import { COMPUTE_ROWS } from './rows/compute.js';
import { CONVERT_ROWS } from './rows/convert.js';
import { DAEMON_ROWS } from './rows/daemon.js';
import { DOWNLOAD_ROWS } from './rows/download.js';
import { GEXBOT_ROWS } from './rows/gexbot.js';
import { NOTIFY_ROWS } from './rows/notify.js';
import { PRICE_ROWS } from './rows/price.js';
import { PROBE_ROWS } from './rows/probe.js';
import { SERVE_ROWS } from './rows/serve.js';
import { SIMULATE_ROWS } from './rows/simulate.js';
import { STREAM_ROWS } from './rows/stream.js';
import { SYNTH_ROWS } from './rows/synth.js';
import { TRADESTATION_ROWS, TRADESTATION_STREAM_ROWS } from './rows/tradestation.js';

/**
 * Every option of every command as a row; flags, environment, `.env`, YAML, help, completion and the documents follow
 * from it. A flag may stand in two rows when two commands mean different things by it.
 */
export const OPTIONS = {
  ...COMMON_ROWS,
  ...PRICE_ROWS,
  ...COMPUTE_ROWS,
  ...SYNTH_ROWS,
  ...SERVE_ROWS,
  ...SIMULATE_ROWS,
  ...NOTIFY_ROWS,
  ...CONVERT_ROWS,
  ...ARCHIVE_ROWS,
  ...GEXBOT_ROWS,
  ...DOWNLOAD_ROWS,
  ...DAEMON_ROWS,
  ...BACKFILL_ROWS,
  ...TRADESTATION_ROWS,
  ...TRADESTATION_STREAM_ROWS,
  ...STREAM_ROWS,
  ...BUS_ROWS,
  ...AUTH_ROWS,
  ...PROBE_ROWS,
} as const;

export type OptionKey = keyof typeof OPTIONS;

/** The value of every option. */
export type Settings = { readonly [K in OptionKey]: SettingOf<(typeof OPTIONS)[K]> };

/** Rows as the generic code sees them. */
export type OptionTable = Readonly<Record<string, OptionRow<unknown>>>;
