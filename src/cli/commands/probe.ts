import { join } from 'node:path';
import type { Settings } from '../../config/table.js';
import { marketHours } from '../../core/hours.js';
import { GexError } from '../../errors.js';
import { createApi } from '../../feeds/tradestation/api.js';
import { symbolsOf } from '../../feeds/tradestation/symbols.js';
import type { Ctx } from '../../io/ctx.js';
import { type ProbeAnswer, type ProbeName, probe, probeFailure } from '../../jobs/probe.js';
import { PROBES } from '../../jobs/probe-answers.js';
import { openStore } from '../../stores/sql/open.js';
import type { CommandCall } from '../command.js';
import { followStandin } from '../standin-clock.js';
import { apiUrlOf, keyOf, openTradestation } from '../tradestation.js';
import type { Output } from '../ui.js';

/** Asks TradeStation each kind of question and prints the answers. Exit codes as the error kinds; `partial` when some failed. */
export async function run({ args: [action = ''], settings, ctx: outer, out }: CommandCall): Promise<void> {
  const names = namesOf(action);
  keyOf(settings); // before a store is made
  const symbols = symbolsOf(settings.probeSymbol);
  const store = await openStore(join(settings.dataDir, 'gex.db'));
  try {
    const { rest, ctx } = await followStandin(openTradestation(settings, store).rest, outer);
    const open = tellHours(settings, ctx);
    const api = createApi(rest);
    const { rate = DEFAULT_RATE, probeWait } = settings;
    const answers = await probe(names, { rest, api, symbols, waitMs: probeWait * 1000, rate }, ctx);
    if (out.json)
      await out.object(documentOf(action, answers, { symbol: symbols.underlying, apiUrl: apiUrlOf(settings), open }));
    else for (const answer of answers) await print(answer, out);
    const failure = probeFailure(answers);
    if (failure) throw failure;
  } finally {
    await store.close();
  }
}

/** Whether the market is open; a word where it is not. */
function tellHours({ tsWarnHours }: Settings, { clock, log }: Ctx): boolean {
  const { open, session } = marketHours(clock.now());
  const untilIso = new Date(session.openMs).toISOString();
  if (!open && tsWarnHours) log.warn(`the market is closed until ${untilIso}: quotes are old, streams may be silent`);
  return open;
}

/** For our greeks where --rate is not given. */
const DEFAULT_RATE = 0.04;

function namesOf(action: string): ProbeName[] {
  const known = Object.keys(PROBES) as ProbeName[];
  if (action === 'all') return known;
  const name = known.find((one) => one === action);
  if (name) return [name];
  throw new GexError('usage', `found action ${JSON.stringify(action)}; give one of ${known.join(', ')}, all`);
}

interface Asked {
  readonly symbol: string;
  readonly apiUrl: string;
  readonly open: boolean;
}

function documentOf(action: string, answers: readonly ProbeAnswer[], { symbol, apiUrl, open }: Asked) {
  return {
    ...{ schema: 'gex-probe/1', action, symbol, apiUrl, marketOpen: open },
    answers: answers.map(({ action: asked, tables, error }) => ({
      action: asked,
      ok: error === undefined,
      error: error === undefined ? null : { kind: error.kind, message: error.message },
      tables: tables.map(({ title, head, rows }) => ({
        title,
        rows: rows.map((cells) => Object.fromEntries(head.map((name, i) => [name, cells[i] ?? null]))),
      })),
    })),
  };
}

/** In a pipe the titles are lines that begin with #. */
async function print({ action, tables, error }: ProbeAnswer, out: Output): Promise<void> {
  for (const { title, head, rows } of tables) {
    await out.write(`${out.isTerminal ? out.paint('bold', `${action}: ${title}`) : `# ${action}: ${title}`}\n`);
    await out.table({ head, rows: rows.map((cells) => cells.map(textOf)) });
    await out.write('\n');
  }
  if (error) await out.write(`# ${action}: ${error.kind}: ${error.message}\n\n`);
}

function textOf(cell: string | number | boolean | undefined): string {
  if (cell === undefined) return '-';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return typeof cell === 'number' && !Number.isInteger(cell) ? String(Number(cell.toPrecision(8))) : String(cell);
}
