import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../../config/table.js';
import { GexError } from '../../errors.js';
import type { CommandCall } from '../command.js';
import { scheduleOf } from '../daemon-ports.js';
import { latestOfDay } from '../service/daily-time.js';
import type { Installation } from '../service/installation.js';
import { SERVICE_KINDS } from '../service/kinds.js';

/** Prints a file that keeps the daemon of this installation running, or runs it once a day. Installs nothing. */
export async function run({ args: [action, kind = ''], settings, origins, ctx, out }: CommandCall): Promise<void> {
  if (action !== 'print') throw new GexError('usage', `found action ${JSON.stringify(action)}; give print`);
  const render = Object.hasOwn(SERVICE_KINDS, kind) ? SERVICE_KINDS[kind] : undefined;
  if (render === undefined) {
    const known = Object.keys(SERVICE_KINDS).join(', ');
    throw new GexError('usage', `found service ${JSON.stringify(kind)}; give one of ${known}`);
  }
  const { layer } = origins.config;
  const named = layer === 'flag' || layer === 'environment' ? settings.config : undefined;
  const text = render({
    node: process.execPath,
    program: fileURLToPath(new URL('../../../bin/gex.js', import.meta.url)),
    folder: process.cwd(),
    dataDir: resolve(settings.dataDir),
    ...(named !== undefined && { config: resolve(named) }),
    user: userInfo().username,
    due: dueTimes(settings, ctx.clock.now()),
  });
  if (out.json) await out.object({ schema: 'gex-service/1', kind, text });
  else await out.write(text);
}

const SESSIONS_OF_A_YEAR = 260;

function dueTimes(settings: Settings, nowMs: number): Installation['due'] {
  const { daemonTimeZone: timeZone } = settings;
  const schedule = scheduleOf(settings);
  const instants: number[] = [];
  for (let atMs = nowMs; instants.length < SESSIONS_OF_A_YEAR; atMs = instants.at(-1) ?? atMs) {
    instants.push(schedule.next(atMs).dueMs);
  }
  const machineZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { daemon: latestOfDay(instants, timeZone), machine: latestOfDay(instants, machineZone) };
}
