import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { OptionKey } from '../../config/table.js';
import { GexError } from '../../errors.js';
import { exportArchive } from '../../jobs/archive-export.js';
import { listArchive } from '../../jobs/archive-list.js';
import { pruneArchive } from '../../jobs/archive-prune.js';
import { DAMAGED, verifyArchive } from '../../jobs/archive-verify.js';
import { auditArchive } from '../../jobs/audit.js';
import type { LedgerTable } from '../../stores/sql/ledger.js';
import { openStore } from '../../stores/sql/open.js';
import { expectedBy } from '../archive-expected.js';
import * as tables from '../archive-output.js';
import type { CommandCall } from '../command.js';

type Action = (call: CommandCall, ledger: LedgerTable | undefined) => Promise<void>;

const SPAN: readonly OptionKey[] = ['archiveFrom', 'archiveTo', 'archiveTickers'];

/** What each action does, and the options of this command that mean something to it. */
const ACTIONS: Readonly<Record<string, { readonly run: Action; readonly options: readonly OptionKey[] }>> = {
  list: { run: list, options: SPAN },
  verify: { run: verify, options: [...SPAN, 'adopt'] },
  audit: { run: audit, options: [...SPAN, 'archiveCategories'] },
  prune: { run: prune, options: ['olderThan', 'confirmed', 'pruneDryRun'] },
  export: { run: exportFiles, options: [...SPAN, 'archiveOutput', 'replaceExport'] },
};

/** Looks after the record files: one action of list, verify, audit, prune and export. */
export async function run(call: CommandCall): Promise<void> {
  const { args, settings } = call;
  const action = ACTIONS[args[0] ?? ''];
  if (!action) throw new GexError('usage', `no action ${args[0]}; there are ${Object.keys(ACTIONS).join(', ')}`);
  refuseOthers(call, action.options);
  const { archiveFrom: from, archiveTo: to } = settings;
  if (from !== undefined && to !== undefined && to < from) {
    throw new GexError('usage', `--to ${to} is before --from ${from}: give the first date first`);
  }
  // Looking at an archive makes no database.
  const path = join(settings.dataDir, 'gex.db');
  const store = settings.adopt || existsSync(path) ? await openStore(path) : undefined;
  try {
    await action.run(call, store?.ledger);
  } finally {
    await store?.close();
  }
}

/** An option of another action would be ignored in silence. */
function refuseOthers({ args, origins, commands }: CommandCall, own: readonly OptionKey[]): void {
  const all = commands.find(({ name }) => name === 'archive')?.options ?? [];
  const others = all.filter((key) => key !== 'dataDir' && !own.includes(key) && origins[key].layer === 'flag');
  if (others.length === 0) return;
  const flags = others.map((key) => origins[key].place).join(', ');
  throw new GexError('usage', `gex archive ${args[0]} does not take ${flags}: see gex archive --help`);
}

function spanOf({ settings }: CommandCall) {
  const { archiveFrom: from, archiveTo: to, archiveTickers: tickers } = settings;
  return {
    root: settings.dataDir,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(tickers && { tickers }),
  };
}

async function list(call: CommandCall, ledger: LedgerTable | undefined): Promise<void> {
  const report = await listArchive(spanOf(call), ledger, call.ctx);
  const { out } = call;
  await (out.json ? out.object({ schema: 'gex-archive-list/1', ...report }) : out.table(tables.listTable(report)));
}

async function verify(call: CommandCall, ledger: LedgerTable | undefined): Promise<void> {
  const { out, ctx, settings } = call;
  const report = await verifyArchive({ ...spanOf(call), adopt: settings.adopt }, ledger, ctx);
  await (out.json ? out.object({ schema: 'gex-archive-verify/1', ...report }) : out.table(tables.verifyTable(report)));
  if (report.counts.unlisted > 0 && !settings.adopt) {
    ctx.log.info('files are not in the ledger; --adopt takes whole ones in', { files: report.counts.unlisted });
  }
  const damaged = report.files.filter(({ state }) => DAMAGED.has(state));
  if (damaged.length === 0) return;
  const dates = [...new Set(damaged.map(({ date }) => date))];
  const remedy = dates.map((date) => `gex download ${date} --force`).join('; ');
  throw new GexError(
    'partial',
    `${damaged.length} of ${report.files.length} files are damaged or gone; fetch them again: ${remedy}`,
  );
}

async function audit(call: CommandCall, ledger: LedgerTable | undefined): Promise<void> {
  const { out, ctx } = call;
  const report = await auditArchive({ ...spanOf(call), ...expectedBy(call) }, { ledger }, ctx);
  await (out.json ? out.object({ schema: 'gex-archive-audit/1', ...report }) : out.table(tables.auditTable(report)));
  if (report.unlisted > 0) {
    ctx.log.info('files are not in the ledger and were read whole; gex archive verify --adopt takes them in', {
      files: report.unlisted,
    });
  }
  if (report.holes === 0) return;
  const left =
    report.daysLeft === undefined ? 'the vendor no longer has them' : `${report.daysLeft} days left for the oldest`;
  throw new GexError(
    'partial',
    `${report.holes} of ${report.expected} files are not held (${left}); fetch them with gex download`,
  );
}

async function prune(call: CommandCall, ledger: LedgerTable | undefined): Promise<void> {
  const { out, ctx, settings } = call;
  const { olderThan, confirmed, pruneDryRun, dataDir: root } = settings;
  if (!olderThan) throw new GexError('usage', 'gex archive prune needs --older-than with days or a date, such as 180d');
  const remove = confirmed && !pruneDryRun;
  const report = await pruneArchive({ root, olderThan, remove }, ledger, ctx);
  await (out.json ? out.object({ schema: 'gex-archive-prune/1', ...report }) : out.table(tables.pruneTable(report)));
  if (!remove && report.days.length > 0) ctx.log.info('nothing was removed; --yes removes it');
  const kept = report.days.flatMap((day) => day.kept);
  if (kept.length > 0) ctx.log.warn('links stay, and what is behind them', { files: kept });
}

async function exportFiles(call: CommandCall): Promise<void> {
  const { out, ctx, settings } = call;
  const { archiveOutput: output, replaceExport: force } = settings;
  if (output === undefined)
    throw new GexError('usage', 'gex archive export needs --output with a .zip file or a folder');
  const report = await exportArchive({ ...spanOf(call), output, force }, ctx);
  await (out.json ? out.object({ schema: 'gex-archive-export/1', ...report }) : out.table(tables.exportTable(report)));
}
