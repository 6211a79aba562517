import { readFileSync } from 'node:fs';
import { exitCodeOf } from '../errors.js';
import { masker } from '../io/mask.js';
import type { Command } from './command.js';
import { COMMANDS } from './commands.js';
import { abortOnSignals, TERMINATED } from './interrupt.js';
import { writeError } from './log.js';
import { parseCommandLine } from './program.js';
import { runInvocation, type World } from './run.js';
import { createOutput, flushed, READER_GONE } from './ui.js';

const world: World = {
  commands: COMMANDS,
  environment: process.env,
  folder: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  abort: new AbortController(),
  secrets: [],
};

let command: Command | undefined;

/** The one place where errors end: one sentence on stderr and the exit code of its kind. */
async function leave(error?: unknown): Promise<never> {
  const cause = causeOf(error);
  const silent = cause === undefined || cause === READER_GONE;
  if (!silent) writeError(world.stderr, cause, masker(world.secrets));
  await Promise.all([flushed(world.stdout), flushed(world.stderr)]);
  process.exit(silent ? 0 : exitCodeOf(cause));
}

/** Why the process ends: an abort explains whatever failed by it, but an orderly stop is no excuse for another fault. */
function causeOf(error: unknown): unknown {
  const { signal } = world.abort;
  if (!signal.aborted) return error;
  if (signal.reason !== TERMINATED || !command?.doneOnSigterm) return signal.reason;
  return error === TERMINATED ? undefined : error;
}

async function main(): Promise<void> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const columns = world.stdout.columns > 0 ? world.stdout.columns : 100;
  const parsed = parseCommandLine({ commands: world.commands, argv: process.argv.slice(2), version, columns });
  if ('invocation' in parsed) {
    command = parsed.invocation.command;
    return runInvocation(parsed.invocation, world);
  }
  const { stdout: stream, abort } = world;
  await createOutput({ stream, abort, json: false, color: false }).write(parsed.answer);
}

abortOnSignals(world.abort);
process.on('uncaughtException', leave);
main().then(() => leave(), leave);
