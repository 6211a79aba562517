import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Clock, type Ctx, type LogFields, systemClock } from '../../src/io/ctx.js';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/start.js';

export const DATE = '2026-04-29';

/** The sample lines of contract section 3; numbers as the vendor printed them. */
export const SAMPLES = {
  gex: '{"timestamp":1777492800,"ticker":"SPX","min_dte":0,"sec_min_dte":1,"spot":7138.55,"zero_gamma":7112.95,"major_pos_vol":7135,"major_pos_oi":7200,"major_neg_vol":7100,"major_neg_oi":6900,"strikes":[[6890,-228.01,-86.9,[-240.55,-243.15,-245.22,-221.27,-220.12]],[7385,5.5,14.27,[0,0,0,0,0]]],"sum_gex_vol":1712585.519,"sum_gex_oi":51521.105,"delta_risk_reversal":0.118,"max_priors":[[7140,170979.742],[7135,1145886.722],[7135,997473.336],[7135,1106210.715],[7135,1128504.809],[7135,1131150.488]]}',
  greek:
    '{"timestamp":1777492800,"ticker":"SPX","spot":6326.27,"min_dte":0,"sec_min_dte":1,"major_positive":6345,"major_negative":6280.08,"major_long_gamma":6329.46,"major_short_gamma":6335.55,"mini_contracts":[[6510,0.426,0,0,[0,0,0],null,null],[6310,0.126,0.137,52.36,[51.41,57.72,30.76],null,null]]}',
  orderflow:
    '{"timestamp":1777492800,"ticker":"SPX","spot":7806.6,"z_mlgamma":7806.13,"z_msgamma":7799.77,"o_mlgamma":7810,"o_msgamma":7790,"zero_mcall":7820,"zero_mput":7780,"one_mcall":7850,"one_mput":7750,"zcvr":1.25,"ocvr":-0.5,"zgr":0,"ogr":0,"zvanna":0,"ovanna":0,"zcharm":0,"ocharm":0,"agg_dex":400.08,"one_agg_dex":0,"agg_call_dex":0,"one_agg_call_dex":0,"agg_put_dex":0,"one_agg_put_dex":0,"net_dex":0,"one_net_dex":0,"net_call_dex":0,"one_net_call_dex":0,"net_put_dex":0,"one_net_put_dex":0,"dexoflow":-12.34,"gexoflow":0,"cvroflow":0,"one_dexoflow":0,"one_gexoflow":0,"one_cvroflow":0}',
} as const;

const FILES = [
  ['classic/gex_full', SAMPLES.gex],
  ['classic/gex_zero', SAMPLES.gex],
  ['state/gex_zero', SAMPLES.gex],
  ['state/gamma_zero', SAMPLES.greek],
  ['orderflow/orderflow', SAMPLES.orderflow],
] as const;

/** Fixture F of contract section 7: three records per file, timestamps ..798, ..799, ..800. */
export async function fixtureF(): Promise<string> {
  const files = ['SPX', 'ES_SPX'].flatMap((ticker) =>
    FILES.map(([stream, line]): [string, string] => [
      `${DATE}/${ticker}/${stream}.jsonl`,
      [1777492798, 1777492799, 1777492800]
        .map((timestamp) => `${line.replace('1777492800', String(timestamp)).replace('"SPX"', `"${ticker}"`)}\n`)
        .join(''),
    ]),
  );
  return archiveOf(Object.fromEntries(files));
}

/** A folder with these files, removed when the test ends. */
export async function archiveOf(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'gex-serve-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await addFiles(root, files);
  return root;
}

export async function addFiles(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
}

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** A context that keeps what is logged. */
export function recordingCtx(clock: Clock = systemClock): { readonly ctx: Ctx; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (message: string, fields?: LogFields) => {
    lines.push({ level, message, fields });
  };
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const progress = { start: () => ({ advance: () => {}, done: () => {} }) };
  return { ctx: { log, progress, clock, signal: new AbortController().signal }, lines };
}

interface TestServer extends RunningServer {
  readonly lines: readonly LogLine[];
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes are looked into by the tests
  readonly json: any;
}

export const DEFAULTS = {
  host: '127.0.0.1',
  port: 0,
  date: 'latest',
  mode: 'memory',
  cacheMode: 'exhaust',
  endpointCacheMode: 'independent',
  maxKeys: 10_000,
  logRequests: true,
} as const;

/** A server over fixture F (or `root`), on a free port of 127.0.0.1, closed when the test ends. */
export async function serve(options: Partial<ServerOptions> = {}, clock: Clock = systemClock): Promise<TestServer> {
  const { ctx, lines } = recordingCtx(clock);
  const server = await startServer({ ...DEFAULTS, root: options.root ?? (await fixtureF()), ...options }, ctx);
  onTestFinished(() => server.close());
  const call = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(server.url + path, { redirect: 'manual', ...init });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      get json() {
        return JSON.parse(text);
      },
    };
  };
  return {
    ...server,
    lines,
    get: (path, headers = {}) => call(path, { headers }),
    post: (path, body, headers = {}) =>
      call(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
  };
}

/** The headers H of contract section 7, with any key. */
export function bearer(key = 'gexbot_custom_test'): Record<string, string> {
  return { authorization: `Bearer ${key}`, 'user-agent': 'check/1' };
}
