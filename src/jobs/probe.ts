import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import { PROBES, type ProbeCall, type ProbeTable } from './probe-answers.js';

export type ProbeName = keyof typeof PROBES;

/** What each question gave, in order. */
export interface ProbeAnswer {
  readonly action: ProbeName;
  readonly tables: readonly ProbeTable[];
  readonly error?: GexError;
}

/** Asks one question, or all of them. Only what is no GexError is thrown; an interruption too. */
export async function probe(names: readonly ProbeName[], call: ProbeCall, ctx: Ctx): Promise<ProbeAnswer[]> {
  const answers: ProbeAnswer[] = [];
  const task = names.length > 1 ? ctx.progress.start('questions', names.length) : undefined;
  try {
    for (const action of names) {
      ctx.signal.throwIfAborted();
      answers.push(await answerOf(action, call, ctx));
      task?.advance(1, action);
    }
  } finally {
    task?.done();
  }
  return answers;
}

async function answerOf(action: ProbeName, call: ProbeCall, ctx: Ctx): Promise<ProbeAnswer> {
  try {
    return { action, tables: await PROBES[action](call, ctx) };
  } catch (error) {
    if (!(error instanceof GexError) || ctx.signal.aborted) throw error;
    return { action, tables: [], error };
  }
}

/** Why a probe was no success: the one error there is, or `partial` when some questions were answered. */
export function probeFailure(answers: readonly ProbeAnswer[]): GexError | undefined {
  const failed = answers.filter(({ error }) => error !== undefined);
  const [first] = failed;
  if (first?.error === undefined) return undefined;
  const isOne =
    failed.length === answers.length && failed.every(({ error }) => error?.message === first.error?.message);
  if (answers.length === 1 || isOne) return first.error;
  return new GexError('partial', `${failed.length} of ${answers.length} questions were not answered`, {
    details: failed.map(({ action, error }) => `${action}: ${error?.message}`),
  });
}
