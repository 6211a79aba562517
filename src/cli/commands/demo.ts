import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveSettings } from '../../config/resolve.js';
import type { Settings } from '../../config/table.js';
import { newYorkDate, previousTradingDay } from '../../core/calendar.js';
import { GexError } from '../../errors.js';
import { type RunningServer, startServer } from '../../server/start.js';
import type { CommandCall } from '../command.js';
import { type CheckResult, checkServer } from '../selfcheck.js';
import type { Output } from '../ui.js';
import { run as compute } from './compute.js';
import { socketSettings } from './serve.js';
import { run as synth } from './synth.js';

const HOST = '127.0.0.1';

/** A quarter of an hour of an index and a fund: seconds of work, and every category has records to play. */
const SESSION = {
  seed: 1,
  tickers: ['SPX', 'SPY'],
  interval: 5000,
  sessionStart: { hour: 9, minute: 30, second: 0 },
  sessionEnd: { hour: 9, minute: 45, second: 0 },
} as const;

/**
 * Synthesises a short session with its exposures into a temporary folder, computes its last chain, and serves it until
 * it is stopped; with `--check` it requests every address itself and leaves. The folder goes away with it.
 */
export async function run(call: CommandCall): Promise<void> {
  const { out, ctx } = call;
  const root = await mkdtemp(join(tmpdir(), 'gex-demo-'));
  try {
    const story = out.json ? silenced(out) : out;
    const step: CommandCall = { ...call, settings: await demoSettings(root, ctx.clock.now()), out: story };
    await heading(story, `a session of ${SESSION.tickers.join(' and ')}, into ${root}`);
    await synth(step);
    await heading(story, 'gamma exposure of its last chain, read from the store');
    await compute(step);
    const server = await startOnFreePort(call, root);
    try {
      await heading(story, `the day over HTTP`);
      if (call.settings.check) await check(server, root, call);
      else await serveUntilStopped(server, root, call);
    } finally {
      await server.close();
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  ctx.log.debug('removed', { root });
}

/** The defaults, whatever the user's configuration says, and the demo's own values. */
async function demoSettings(root: string, nowMs: number): Promise<Settings> {
  const { settings } = await resolveSettings({ flags: {}, environment: {}, dotenv: {} });
  const synthDate = previousTradingDay(newYorkDate(nowMs)); // over, whatever the time of day
  return { ...settings, ...SESSION, synthDate, dataDir: root, ticker: SESSION.tickers[0], source: 'store' };
}

/** A port nobody asked for may be another one when it is taken; `--check` takes any. */
async function startOnFreePort({ settings, origins, ctx }: CommandCall, root: string): Promise<RunningServer> {
  const start = (port: number): Promise<RunningServer> =>
    startServer(
      {
        ...{ host: HOST, port, root, date: 'latest', mode: 'memory' },
        ...{ cacheMode: 'rotation', endpointCacheMode: 'independent', maxKeys: 1000 },
        sockets: socketSettings(settings),
      },
      ctx,
    );
  const asked = origins.port.layer !== 'default';
  if (asked) return start(settings.port);
  if (settings.check) return start(0);
  try {
    return await start(settings.port);
  } catch (error) {
    if (!(error instanceof GexError && error.kind === 'usage')) throw error;
    ctx.log.info(`port ${settings.port} is in use, taking a free one`);
    return start(0);
  }
}

async function serveUntilStopped(
  { url, date, tickers }: RunningServer,
  root: string,
  call: CommandCall,
): Promise<void> {
  const { out, ctx } = call;
  if (out.json) await out.object({ schema: 'gex-demo/1', url, docs: `${url}/docs`, date, tickers, folder: root });
  else {
    const [ticker = ''] = tickers;
    await out.table({
      head: ['open', ''],
      rows: [
        ['documents', `${url}/docs`],
        ['a record', `${url}/v2/${ticker}/classic/gex_zero?key=me`],
        ['its levels', `${url}/v2/${ticker}/classic/gex_zero/majors?key=me`],
        ['WebSocket URLs', `${url}/v2/negotiate?key=me`],
        ['orderflow', `${url}/v2/${ticker}/orderflow/orderflow?key=me`],
        ['health', `${url}/health`],
      ],
    });
    await out.write('\nEach request with a key returns its next record. Ctrl-C stops the demo.\n');
  }
  if (!ctx.signal.aborted) await once(ctx.signal, 'abort');
}

async function check({ url, date, tickers }: RunningServer, root: string, { out, ctx }: CommandCall): Promise<void> {
  const results = await checkServer({ url, root, date, tickers }, ctx.signal);
  const failed = results.filter(({ fault }) => fault !== undefined);
  if (out.json) await out.object({ schema: 'gex-demo/1', url, date, tickers, checks: results });
  else await out.table({ head: ['request', 'result'], rows: results.map(({ path, fault }) => [path, fault ?? 'ok']) });
  if (failed.length > 0) throw failure(failed, results.length);
}

function failure(failed: readonly CheckResult[], total: number): GexError {
  const details = failed.map(({ path, fault }) => `${path}: ${fault}`);
  return new GexError('partial', `${failed.length} of ${total} requests of the demo got a wrong answer:`, { details });
}

async function heading(out: Output, text: string): Promise<void> {
  await out.write(`\n${out.paint('bold', `demo: ${text}`)}\n\n`);
}

/** With `--json` the steps' own results stay unsaid: stdout holds one object. */
function silenced(out: Output): Output {
  const nothing = async (): Promise<void> => {};
  return { ...out, write: nothing, object: nothing, table: nothing };
}
