import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import {
  type RunningTradestation,
  startTradestation,
  type TradestationOptions,
} from '../../src/server/tradestation/start.js';
import { quietCtx } from './ctx.js';
import { tempFolder } from './folder.js';
import { startGex } from './gex.js';

/** A line of `gex stream`'s stdout. */
interface TickLine {
  readonly schema: string;
  readonly ticker: string;
  readonly at: string;
  readonly recorded: boolean;
  readonly missing: string | null;
  readonly gaps: number;
}

/** A `gex stream` that runs. */
interface Recorder {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ticks: readonly TickLine[];
  /** Chunks of stderr. */
  readonly errors: readonly string[];
  /** Resolves when stdout or stderr has brought what is waited for; rejects when the process ends before. */
  until(done: () => boolean): Promise<void>;
}

/** A stand-in, and a real `gex stream` that records from it. */
interface StreamProcess extends Recorder {
  readonly server: RunningTradestation;
  /** The data folder. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  /** The same command once more. */
  restart(): Recorder;
}

export async function streamProcess(
  options: Partial<TradestationOptions> & { readonly speed: number; readonly startMs: number },
  { args, env: more = {} }: { readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> },
): Promise<StreamProcess> {
  const folder = tempFolder();
  const server = await startTradestation(
    { port: 0, seed: 5, tickers: ['HEALTH', 'SPY'], limits: false, ...options },
    quietCtx(),
  );
  onTestFinished(() => server.close());
  const { clientId, clientSecret, refreshToken } = server.credentials;
  const env = {
    ...{ TRADESTATION_API_URL: server.url, TRADESTATION_SIGNIN_URL: server.url },
    ...{ TRADESTATION_CLIENT_ID: clientId, TRADESTATION_CLIENT_SECRET: clientSecret },
    ...{ TRADESTATION_REFRESH_TOKEN: refreshToken, ...more },
  };
  const root = join(folder, 'data');
  const start = (): Recorder => follow(startGex(['stream', '--data-dir', root, ...args], { folder, env }));
  return { server, root, env, ...start(), restart: start };
}

function follow(child: ChildProcessWithoutNullStreams): Recorder {
  const ticks: TickLine[] = [];
  const errors: string[] = [];
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const one of waiting) one();
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    ticks.push(JSON.parse(line));
    look();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors.push(chunk.toString());
    look();
  });
  const until = (done: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (!done()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      child.once('close', (code) => reject(new Error(`gex stream ended with ${code}: ${errors.join('')}`)));
      check();
    });
  return { child, ticks, errors, until };
}
