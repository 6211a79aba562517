import { readFileSync } from 'node:fs';
import { GexError } from '../../errors.js';
import { backoffMs } from '../../io/backoff.js';
import type { Ctx } from '../../io/ctx.js';
import type { Gate } from '../../io/gate.js';
import { readPart } from '../../io/part-file.js';
import { Web } from '../../io/web.js';
import type { StreamKey } from '../../wire/catalogue.js';
import { type FileFetch, fetchLinked, type OnBytes } from './file.js';
import { fileHostCheck } from './file-hosts.js';
import { type Again, apiBase, type GexbotApi, requestLink } from './link.js';

export interface GexbotClientOptions {
  /** With or without `/v2`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Hosts that links may lead to, besides the base URL's own: `host`, `host:port`, `*.suffix`. */
  readonly fileHosts: readonly string[];
  /** For the answer with a link; for a file, how long it may send nothing. */
  readonly timeoutMs: number;
  /** Further attempts after failures in a row. */
  readonly retries: number;
  /** Before the first further attempt at most; doubles with each. */
  readonly retryWaitMs: number;
  /** Of a file over the wire. */
  readonly maxFileBytes: number;
  /** A file that sends less in a minute is given up for this attempt. Default 64 KiB. */
  readonly minBytesPerMinute?: number;
  /** Default: the vendor's pair (contract section 1.1). */
  readonly fallbackHosts?: Readonly<Record<string, string>>;
}

interface GexbotClientPorts {
  /** Lets link requests through. */
  readonly gate: Gate;
  /** For the jitter of retries, in [0, 1). Default Math.random. */
  readonly random?: () => number;
}

export type FetchedFile =
  /** `attempts` is 0 when an earlier process had fetched it all. */
  | { readonly kind: 'fetched'; readonly path: string; readonly bytes: number; readonly attempts: number }
  | { readonly kind: 'missing'; readonly attempts: number };

export interface GexbotClient {
  /**
   * Fetches a day's history file into `partPath`, as it comes over the wire; goes on where an earlier call or process was
   * stopped. One call per path at a time; a file that proves damaged is to be removed with `removePart`.
   * Throws `auth`, `upstream` (attempts used up), `data`, `usage`, `storage`, and the signal's reason.
   */
  fetchFile(key: StreamKey, partPath: string, ctx: Ctx, onBytes?: OnBytes): Promise<FetchedFile>;
  /** Ends all connections. */
  close(): Promise<void>;
}

const FALLBACK_HOSTS = { 'hist.gex.bot': 'hist.gexbot.com' };
const MIN_BYTES_PER_MINUTE = 64 * 1024;
/** A file that has grown by this has not failed: lines that break every few megabytes get there too. */
const PROGRESS_BYTES = 1024 * 1024;

/** What a client works with. */
interface Parts {
  readonly web: Web;
  readonly api: GexbotApi;
  readonly fetch: FileFetch;
  readonly options: GexbotClientOptions;
  readonly ports: GexbotClientPorts;
}

/** A client of GexBot's history (contract section 2). GexError `usage` for a base URL that is none, `auth` for such a key. */
export function createGexbotClient(options: GexbotClientOptions, ports: GexbotClientPorts): GexbotClient {
  const base = apiBase(options.baseUrl);
  if (!/^[\x21-\x7e]+$/.test(options.apiKey))
    throw new GexError(
      'auth',
      'GEXBOT_API_KEY is empty or holds spaces or characters that are not ASCII; copy it again',
    );
  const web = new Web(options.timeoutMs);
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const userAgent = `gex/${version}`;
  const api = { base, apiKey: options.apiKey, userAgent, timeoutMs: options.timeoutMs };
  const fetch: FileFetch = {
    check: fileHostCheck(base, options.fileHosts),
    userAgent,
    maxBytes: options.maxFileBytes,
    minBytesPerMinute: options.minBytesPerMinute ?? MIN_BYTES_PER_MINUTE,
    fallbackHosts: options.fallbackHosts ?? FALLBACK_HOSTS,
  };
  const parts: Parts = { web, api, fetch, options, ports };
  return {
    fetchFile: (key, partPath, ctx, onBytes) => fetchFile(parts, { key, path: partPath, onBytes }, ctx),
    close: () => web.close(),
  };
}

/** A file that is wanted. */
interface Wanted {
  readonly key: StreamKey;
  readonly path: string;
  readonly onBytes: OnBytes | undefined;
}

async function fetchFile(parts: Parts, wanted: Wanted, ctx: Ctx): Promise<FetchedFile> {
  const { path } = wanted;
  const held = await readPart(path);
  if (held.isWhole) return { kind: 'fetched', path, bytes: held.bytes, attempts: 0 };
  const { retries } = parts.options;
  let [failures, best] = [0, held.bytes];
  for (let attempts = 1; ; attempts++) {
    await parts.ports.gate.take(ctx);
    const outcome = await attempt(parts, wanted, ctx);
    if (outcome.kind === 'whole') return { kind: 'fetched', path, bytes: outcome.bytes, attempts };
    if (outcome.kind === 'missing') return { kind: 'missing', attempts };
    const { bytes } = await readPart(path);
    failures = bytes >= best + PROGRESS_BYTES ? 1 : failures + 1;
    best = Math.max(best, bytes);
    if (failures > retries) throw givenUp(outcome.error, attempts);
    ctx.log.debug(outcome.error.message, { ...wanted.key, attempts, bytes });
    await pause(parts, outcome, failures, ctx);
  }
}

/** A link and what is behind it. */
async function attempt({ web, api, fetch }: Parts, { key, path, onBytes }: Wanted, ctx: Ctx) {
  const link = await requestLink(web, api, key, ctx);
  return link.kind === 'link' ? fetchLinked(web, fetch, { url: link.url, path, onBytes }, ctx) : link;
}

async function pause({ options, ports }: Parts, again: Again, failures: number, ctx: Ctx): Promise<void> {
  const jittered = backoffMs(failures, options.retryWaitMs, ports.random ?? Math.random);
  if (!again.isBusy) return ctx.clock.sleep(Math.max(again.waitMs ?? 0, jittered), ctx.signal);
  await ports.gate.hold(ctx.clock.now() + Math.max(again.waitMs ?? options.retryWaitMs, jittered));
}

function givenUp(error: GexError, attempts: number): GexError {
  const times = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  return new GexError('upstream', `${error.message}; given up after ${times}, run it again later`, {
    cause: error,
  });
}
