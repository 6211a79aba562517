import { existsSync } from 'node:fs';
import { GexError } from '../../errors.js';
import { daemon } from '../../jobs/daemon.js';
import { pastRuns } from '../../jobs/daemon-history.js';
import { overview } from '../../jobs/daemon-overview.js';
import { runDue } from '../../jobs/daemon-run.js';
import { createSchedule } from '../../jobs/daemon-schedule.js';
import { openStore, type Store } from '../../stores/sql/open.js';
import type { CommandCall } from '../command.js';
import { startHealth } from '../daemon-health.js';
import { printHistory, printOverview, printRun } from '../daemon-output.js';
import { daemonPorts, databaseOf, lookPorts, scheduleOf, scheduleText } from '../daemon-ports.js';
import { requireApiKey } from '../gexbot-download.js';

const ACTIONS = { run: work, once, status, history };

/** Keeps the archive whole: works until it is stopped, does once what is due, or says how things stand. */
export async function run(call: CommandCall): Promise<void> {
  const { args, settings } = call;
  const [name = settings.daemonOnce ? 'once' : 'run'] = args;
  if (settings.daemonOnce && name !== 'once') throw new GexError('usage', `give --once or ${name}, not both`);
  const action = Object.entries(ACTIONS).find(([known]) => known === name)?.[1];
  if (!action) {
    const known = Object.keys(ACTIONS).join(', ');
    throw new GexError('usage', `found action ${JSON.stringify(name)}; give one of ${known}`);
  }
  await action(call);
}

async function work(call: CommandCall): Promise<void> {
  const { settings, ctx, out } = call;
  requireApiKey(call);
  const schedule = scheduleOf(settings);
  const { catchUp, maxCatchUp, runOnStartup, retryDelays: retryDelaysMs } = settings;
  const options = { catchUp, maxCatchUp, runOnStartup, retryDelaysMs, wakeMs: WAKE_MS };
  await withStore(call, async (store) => {
    const ports = daemonPorts(call, store);
    ctx.log.info(`keeping ${settings.dataDir}`, { sessionsDueAt: scheduleText(settings), catchUp });
    const health = await startHealth(settings, () => overview(schedule, ports, ctx), ctx);
    try {
      await daemon(schedule, options, { ...ports, ended: (result) => printRun(result, out) }, ctx);
    } finally {
      await health?.close();
    }
  });
}

/** Computers that slept and clocks that were set are noticed within this time. */
const WAKE_MS = 60_000;

/** Under cron, cron is the schedule: every session is due half an hour after its close. */
async function once(call: CommandCall): Promise<void> {
  const { settings, ctx, out } = call;
  requireApiKey(call);
  const { catchUp, maxCatchUp } = settings;
  await withStore(call, async (store) => {
    const options = { catchUp, maxCatchUp, wakeMs: WAKE_MS };
    const result = await runDue(createSchedule(), { options }, daemonPorts(call, store), ctx);
    await printRun(result, out);
    if (result?.error !== undefined) throw result.error;
  });
}

async function status(call: CommandCall): Promise<void> {
  const { settings, ctx, out } = call;
  await withExistingStore(call, async (store) => {
    const found = await overview(scheduleOf(settings), lookPorts(call, store), ctx);
    await printOverview(found, { settings, nowMs: ctx.clock.now() }, out);
  });
}

async function history(call: CommandCall): Promise<void> {
  const { settings, ctx, out } = call;
  await withExistingStore(call, async (store) => {
    await printHistory(await pastRuns(lookPorts(call, store), settings.historyLimit, ctx.clock.now()), out);
  });
}

async function withStore(call: CommandCall, work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore(databaseOf(call.settings));
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

/** Looking leaves nothing behind, not even a new gex.db. */
async function withExistingStore(call: CommandCall, work: (store?: Store) => Promise<void>): Promise<void> {
  return existsSync(databaseOf(call.settings)) ? withStore(call, work) : work();
}
