import { join } from 'node:path';
import { GexError } from '../../errors.js';
import { type ConvertOutcome, type ConvertReport, convert } from '../../jobs/convert.js';
import { openStore, type Store } from '../../stores/sql/open.js';
import type { CommandCall } from '../command.js';
import type { TextTable } from '../ui.js';

/** Converts JSON arrays to JSON lines; ends with `partial` when some could not be. */
export async function run({ args, settings, ctx, out }: CommandCall): Promise<void> {
  const { dataDir: root, keepSource: keep, replaceLines: force } = settings;
  let store: Store | undefined;
  const open = async (): Promise<Store> => {
    store ??= await openStore(join(root, 'gex.db'));
    return store;
  };
  try {
    await show(await convert({ paths: args, root, keep, force }, { openStore: open }, ctx), { ctx, out });
  } finally {
    await store?.close();
  }
}

async function show(report: ConvertReport, { ctx, out }: Pick<CommandCall, 'ctx' | 'out'>): Promise<void> {
  for (const file of report.files) warn(file, ctx.log.warn);
  await (out.json ? out.object({ schema: 'gex-convert/1', ...report }) : out.table(table(report)));
  const details = report.files.flatMap((file) => (file.state === 'failed' ? [file.error] : []));
  if (details.length === 0) return;
  const which = report.files.length === 1 ? 'the file' : `${details.length} of ${report.files.length} files`;
  throw new GexError('partial', `${which} could not be converted:`, { details });
}

type Warn = CommandCall['ctx']['log']['warn'];

function warn(file: ConvertOutcome, say: Warn): void {
  const { path, target } = file;
  if (file.state === 'held') say('the lines are there already; --force makes them again', { path, lines: target });
  if (file.state !== 'converted') return;
  const { backwards, outside } = file;
  if (backwards > 0) say('records are earlier than the one before them', { path, records: backwards });
  if (outside > 0) say('records are of another day than the folder', { path, records: outside });
}

function table({ files }: ConvertReport): TextTable {
  return {
    head: ['file', 'state', 'rows', 'bytes', 'MB/s'],
    align: ['left', 'left', 'right', 'right', 'right'],
    rows: files.map((file) => {
      if (file.state !== 'converted') return [file.path, file.state, '', '', ''];
      const rate = file.seconds > 0 ? (file.bytes / 1e6 / file.seconds).toFixed(0) : '';
      return [file.path, file.state, String(file.rows), String(file.bytes), rate];
    }),
  };
}
