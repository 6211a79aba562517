import { join } from 'node:path';
import type { Settings } from '../config/table.js';
import type { Ctx } from '../io/ctx.js';
import { writeAtomic } from '../io/files.js';
import { acquireLock, lockHolder } from '../io/lock.js';
import { auditArchive } from '../jobs/audit.js';
import type { LookPorts } from '../jobs/daemon-overview.js';
import type { DaemonPorts, LockPort } from '../jobs/daemon-ports.js';
import { createSchedule, type Schedule } from '../jobs/daemon-schedule.js';
import { downloadHoles } from '../jobs/download-holes.js';
import { notifyRun, pingDeadMan } from '../jobs/notify.js';
import type { Store } from '../stores/sql/open.js';
import { streamName } from '../wire/catalogue.js';
import type { CommandCall } from './command.js';
import { figuresOf } from './download-messages.js';
import { selectFiles } from './download-selection.js';
import { downloadDays } from './gexbot-download.js';
import { notifyOptions } from './notify-settings.js';

/** A lock is taken over from another host when it was not renewed for about this long. */
const LOCK_TTL_MS = 60_000;

export const databaseOf = ({ dataDir }: Settings): string => join(dataDir, 'gex.db');

export function scheduleOf({
  scheduleHour: hour,
  scheduleMinute: minute,
  daemonTimeZone: timeZone,
}: Settings): Schedule {
  return createSchedule({ hour, minute, timeZone });
}

/** `20:00 America/New_York`. */
export function scheduleText({ scheduleHour, scheduleMinute, daemonTimeZone }: Settings): string {
  const [hour, minute] = [scheduleHour, scheduleMinute].map((part) => String(part).padStart(2, '0'));
  return `${hour}:${minute} ${daemonTimeZone}`;
}

/** What it takes to say how things stand; without a store there is no history, and only the files count. */
export function lookPorts({ settings }: Pick<CommandCall, 'settings'>, store?: Store): LookPorts {
  const { dataDir: root } = settings;
  const selection = selectFiles(settings);
  return {
    holes: (dates) => downloadHoles({ root, dates, ...selection }, store?.ledger),
    runs: store?.runs ?? NO_RUNS,
    runLock: lockAt(join(root, '.daemon-run.lock')),
    daemonLock: lockAt(join(root, '.daemon.lock')),
  };
}

const NO_RUNS: LookPorts['runs'] = { latest: async () => [] };

/** Everything the daemon does to the world, with the settings of a call. GexError `usage` for settings that do not fit. */
export function daemonPorts(call: CommandCall, store: Store): DaemonPorts & Pick<LookPorts, 'daemonLock'> {
  const { settings, origins } = call;
  const messages = notifyOptions(settings);
  const stateFile = settings.daemonStateFile ?? join(settings.dataDir, '.daemon-state');
  return {
    ...lookPorts(call, store),
    runs: store.runs,
    run: async (dates, ctx) => figuresOf(await downloadDays({ settings, origins, store, dates }, ctx)),
    audit: (dates, ctx) => suspiciousFiles(dates, call, store, ctx),
    notify: (outcome, ctx) => notifyRun(outcome, messages, ctx),
    ping: (ctx) => pingDeadMan(true, messages, ctx),
    remember: (date) => writeAtomic(stateFile, `${date}\n`),
  };
}

async function suspiciousFiles(
  dates: readonly string[],
  { settings }: CommandCall,
  { ledger }: Store,
  ctx: Ctx,
): Promise<string[]> {
  const sorted = [...dates].sort();
  const span = { root: settings.dataDir, from: sorted[0] ?? '', to: sorted.at(-1) ?? '', ...selectFiles(settings) };
  const { cells } = await auditArchive(span, { ledger }, ctx);
  return cells
    .filter(({ state, date }) => state === 'suspicious' && dates.includes(date))
    .map((cell) => `${streamName(cell)} ${cell.reasons.map(({ text }) => text).join(', ')}`);
}

function lockAt(path: string): LockPort {
  return {
    acquire: (ctx: Ctx) => acquireLock(path, { ttlMs: LOCK_TTL_MS }, ctx),
    holder: () => lockHolder(path),
  };
}
