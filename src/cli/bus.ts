import type { Bus } from '../bus/bus.js';
import { openBus } from '../bus/open.js';
import type { Settings } from '../config/table.js';
import type { Ctx } from '../io/ctx.js';

/** The bus of the settings, as a port of jobs: nothing where no other process is told. Close it. GexError as `openBus`. */
export async function openBusPort(settings: Settings, ctx: Ctx): Promise<{ readonly bus?: Bus }> {
  const bus = await openBus({ url: settings.busUrl ?? 'memory:', maxMessages: settings.busMaxMessages }, ctx);
  return bus ? { bus } : {};
}
