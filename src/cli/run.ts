import { type Resolution, resolveSettings } from '../config/resolve.js';
import { readSources } from '../config/sources.js';
import { type Ctx, systemClock } from '../io/ctx.js';
import type { Command } from './command.js';
import { createLog } from './log.js';
import type { Invocation } from './program.js';
import { createStory } from './progress.js';
import { createOutput, wantsColor } from './ui.js';

/** What a run takes from its process. */
export interface World {
  readonly commands: readonly Command[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly abort: AbortController;
  /** Filled as soon as the options are known. */
  readonly secrets: string[];
}

/** Resolves the options, builds the context and runs the command. */
export async function runInvocation({ command, args, flags }: Invocation, world: World): Promise<void> {
  const { settings, origins, secrets, notes } = await resolution(flags, world, command);
  world.secrets.push(...secrets);
  const color = wantsColor(world.stdout, world.environment, settings.noColor);
  const level = settings.quiet ? 'error' : settings.verbose || settings.streamDebug ? 'debug' : settings.logLevel;
  const quiet = settings.quiet || level === 'silent';
  const story = createStory({ stream: world.stderr, quiet, now: systemClock.now });
  process.once('exit', story.close); // also when a second signal ends the process at once
  const ctx: Ctx = {
    log: createLog({
      level,
      write: story.line,
      secrets,
      ...(world.stderr.isTTY ? {} : { now: systemClock.now }),
    }),
    clock: systemClock,
    signal: world.abort.signal,
    progress: story.progress,
  };
  const out = createOutput({ stream: world.stdout, json: settings.json, color, abort: world.abort });
  for (const note of notes) ctx.log.info(note);
  try {
    if (settings.calendarFile !== undefined) await useSpecialDays(settings.calendarFile);
    const { run } = await command.load();
    await run({ args, settings, origins, commands: world.commands, ctx, out });
    world.abort.signal.throwIfAborted();
  } finally {
    story.close();
  }
}

async function useSpecialDays(path: string): Promise<void> {
  const [{ readSpecialDays }, { overrideCalendar }] = await Promise.all([
    import('../config/special-days.js'),
    import('../core/calendar.js'),
  ]);
  overrideCalendar(await readSpecialDays(path));
}

async function resolution(
  flags: Invocation['flags'],
  { folder, environment }: World,
  { standalone, configAlso }: Command,
): Promise<Resolution> {
  if (standalone) return resolveSettings({ flags, environment: {}, dotenv: {} });
  return resolveSettings(await readSources({ folder, environment, flags, configAlso }));
}
