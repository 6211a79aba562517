import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { parseYaml } from '../../config/yaml.js';
import { MAX_PICKED_SEED } from '../../core/random.js';
import { GexError } from '../../errors.js';
import { storageError } from '../../io/files.js';
import { parseFaults } from '../../server/tradestation/faults.js';
import { type RunningTradestation, startTradestation } from '../../server/tradestation/start.js';
import type { CommandCall } from '../command.js';
import { instantOf } from '../moment.js';

/** Serves a local stand-in of a vendor until SIGINT or SIGTERM. */
export async function run({ args: [vendor], settings, ctx, out }: CommandCall): Promise<void> {
  if (vendor !== 'tradestation') {
    throw new GexError('usage', `found vendor ${JSON.stringify(vendor)}; give tradestation`);
  }
  const { simulateStart, simulateTickers, simulateFaults, seed = randomInt(1, MAX_PICKED_SEED) } = settings;
  const server = await startTradestation(
    {
      ...{ port: settings.simulatePort, seed, speed: settings.simulateSpeed, quotes: settings.simulateQuotes },
      ...{ updatesPerSecond: settings.simulateUpdates, rotating: settings.rotatingTokens },
      autoConsent: settings.autoConsent,
      ...(simulateStart !== undefined && { startMs: instantOf(simulateStart) }),
      ...(simulateTickers !== undefined && { tickers: simulateTickers }),
      ...(simulateFaults !== undefined && { faults: await readFaults(simulateFaults) }),
    },
    ctx,
  );
  try {
    await announce(server, seed, out);
    if (!ctx.signal.aborted) await once(ctx.signal, 'abort');
  } finally {
    await server.close();
  }
}

async function readFaults(path: string) {
  const bytes = await readFile(path, 'utf8').catch((error: unknown) => {
    throw storageError(error, 'read', path);
  });
  return parseFaults(parseYaml(bytes, path), path);
}

/** The ready lines: what programs wait for, and what a shell takes as it is. */
async function announce(server: RunningTradestation, seed: number, out: CommandCall['out']): Promise<void> {
  const { url, credentials, clock } = server;
  const env = {
    TRADESTATION_API_URL: url,
    TRADESTATION_SIGNIN_URL: url,
    TRADESTATION_CLIENT_ID: credentials.clientId,
    TRADESTATION_CLIENT_SECRET: credentials.clientSecret,
    TRADESTATION_REFRESH_TOKEN: credentials.refreshToken,
  };
  const { speed, nowMs } = clock.state;
  const now = new Date(nowMs).toISOString();
  if (out.json) return out.object({ schema: 'gex-simulate/1', vendor: 'tradestation', url, seed, now, speed, env });
  const lines = Object.entries(env).map(([name, value]) => `export ${name}=${value}\n`);
  await out.write(`# TradeStation stand-in, seed ${seed}, market time ${now}, speed ${speed}\n${lines.join('')}`);
}
