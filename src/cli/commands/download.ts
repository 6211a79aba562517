import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../../config/table.js';
import { date as dateType } from '../../config/times.js';
import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import { type DateRequest, downloadDates } from '../../jobs/download-dates.js';
import { type Foresight, foreseeDownload } from '../../jobs/download-foresight.js';
import { VENDOR_DAYS } from '../../jobs/vendor-window.js';
import { openStore, type Store } from '../../stores/sql/open.js';
import type { CommandCall } from '../command.js';
import { tellOfDownload } from '../download-messages.js';
import { failures, printForesight, printReport } from '../download-output.js';
import { type Selection, selectFiles } from '../download-selection.js';
import { downloadDays, requireApiKey } from '../gexbot-download.js';

/** Downloads what is missing of some sessions, or prints what that would take. GexError `partial` when files failed. */
export async function run({ args, settings, origins, ctx, out }: CommandCall): Promise<void> {
  const selection = selectFiles(settings);
  const dates = sessionsOf(args, settings, ctx);
  if (settings.dryRun) return printForesight(await foresight(settings, dates, selection), ctx, out);
  requireApiKey({ settings, origins }); // before there is a store: what is refused leaves nothing behind
  const startedMs = ctx.clock.now();
  const store = await openStore(databaseOf(settings));
  try {
    const report = await downloadDays({ settings, origins, store, dates, ...selection }, ctx).catch(
      async (error: unknown) => {
        await tellOfDownload({ dates, startedMs, error }, settings, ctx);
        throw error;
      },
    );
    await tellOfDownload({ dates, startedMs, report }, settings, ctx);
    await printReport(report, ctx, out);
    const failed = failures(report);
    if (failed) throw failed;
  } finally {
    await store.close();
  }
}

const databaseOf = ({ dataDir }: Settings): string => join(dataDir, 'gex.db');

function sessionsOf(args: readonly string[], settings: Settings, ctx: Ctx): readonly string[] {
  const { dates, skipped, old } = downloadDates(requestOf(args, settings), ctx.clock.now());
  for (const { date, reason } of skipped) ctx.log.info(`${date} is skipped: ${reason}`);
  if (old.length > 0) {
    const some = old.length === 1 ? old[0] : `${old.length} sessions up to ${old.at(-1)}`;
    ctx.log.warn(`${some} may be gone: the vendor keeps ${VENDOR_DAYS} days`);
  }
  return dates;
}

function requestOf(args: readonly string[], { lookback }: Settings): DateRequest {
  const [first, last = first] = args.map(dateOf);
  if (first !== undefined && lookback !== undefined) throw new GexError('usage', 'give dates or --lookback, not both');
  if (lookback !== undefined) return { lookback };
  if (first === undefined || last === undefined) {
    throw new GexError('usage', 'which dates? give one, a first and a last one, or --lookback DAYS');
  }
  return { first, last };
}

function dateOf(text: string): string {
  const date = dateType.parse(text);
  if (date === undefined) throw new GexError('usage', `found ${JSON.stringify(text)}; give ${dateType.accepts}`);
  return date;
}

/** Leaves nothing behind, not even a new gex.db. */
async function foresight(settings: Settings, dates: readonly string[], selection: Selection): Promise<Foresight> {
  const { dataDir: root, refetch: force, downloadRate: ratePerSecond } = settings;
  let store: Store | undefined;
  try {
    if (existsSync(databaseOf(settings))) store = await openStore(databaseOf(settings));
    return await foreseeDownload({ root, dates, ...selection, force, ratePerSecond }, store);
  } finally {
    await store?.close();
  }
}
