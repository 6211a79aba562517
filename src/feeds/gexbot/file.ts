import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import { downloadPart, type PartOutcome } from '../../io/download.js';
import { readPart } from '../../io/part-file.js';
import { placeOf, type Web } from '../../io/web.js';
import type { Again } from './link.js';
import { storageCode } from './parse.js';

/** How files are fetched from behind their links. */
export interface FileFetch {
  readonly check: (url: URL) => void;
  readonly userAgent: string;
  readonly maxBytes: number;
  readonly minBytesPerMinute: number;
  /** Where else the files of a host are, by `host` or `host:port`. */
  readonly fallbackHosts: Readonly<Record<string, string>>;
}

type FileOutcome = { readonly kind: 'whole'; readonly bytes: number } | { readonly kind: 'missing' } | Again;

export type OnBytes = (received: number, total?: number) => void;

/**
 * Fetches the file behind a link into `path`, from the other host when this one gives not a byte. Never sends the key.
 * Throws as `downloadPart` does.
 */
export async function fetchLinked(
  web: Web,
  fetch: FileFetch,
  { url, path, onBytes }: { readonly url: URL; readonly path: string; readonly onBytes: OnBytes | undefined },
  ctx: Ctx,
): Promise<FileOutcome> {
  const { check, userAgent, maxBytes, minBytesPerMinute } = fetch;
  const headers = { accept: '*/*', 'user-agent': userAgent };
  const [first, second] = await hostsOf(url, fetch, path);
  const from = (address: URL): Promise<PartOutcome> =>
    downloadPart(web, { url: address, path, headers, check, maxBytes, minBytesPerMinute, onBytes }, ctx);
  const outcome = await from(first);
  if (second === undefined || !isHostFailing(outcome)) return judge(first, outcome);
  ctx.log.warn('the file host fails, trying its fallback', { host: first.host, fallback: second.host });
  const other = await from(second);
  return hasGiven(other) ? judge(second, other) : judge(first, outcome);
}

/** The link and its fallback; in turn when it is the fallback's bytes that can be continued. */
async function hostsOf(url: URL, { fallbackHosts, check }: FileFetch, path: string): Promise<[URL, URL | undefined]> {
  const host = fallbackHosts[url.host];
  if (host === undefined) return [url, undefined];
  const fallback = new URL(url);
  fallback.host = host;
  if (!passes(check, fallback)) return [url, undefined];
  const { bytes, source } = await readPart(path);
  return bytes > 0 && source?.place === placeOf(fallback) ? [fallback, url] : [url, fallback];
}

function passes(check: (url: URL) => void, url: URL): boolean {
  try {
    check(url);
    return true;
  } catch {
    return false;
  }
}

/** Nothing came, and neither the link nor the pace is to blame: another host may have it. */
function isHostFailing(outcome: PartOutcome): boolean {
  if (outcome.kind === 'refused') return outcome.status === 404 || outcome.status >= 500;
  return !hasGiven(outcome);
}

function hasGiven(outcome: PartOutcome): boolean {
  return outcome.kind === 'whole' || (outcome.kind === 'cut' && outcome.received > 0);
}

function judge(url: URL, outcome: PartOutcome): FileOutcome {
  if (outcome.kind === 'whole') return outcome;
  if (outcome.kind === 'cut') return { kind: 'again', error: outcome.error };
  const { status, body, waitMs } = outcome;
  if (status === 404) return { kind: 'missing' };
  const code = storageCode(body);
  const found = `${placeOf(url)} answered ${status}${code === undefined ? '' : ` (${code})`}`;
  if (status === 429 || status >= 500)
    return { kind: 'again', error: new GexError('upstream', found), waitMs, isBusy: status === 429 };
  if (LINK_REFUSED.includes(status))
    return { kind: 'again', error: new GexError('upstream', `${found}: the link has expired or is not accepted`) };
  throw new GexError('data', `${found} instead of a file`);
}

/** S3 answers 400 to an expired token and 403 to an expired link; others say 401 or 410. A new link may be taken. */
const LINK_REFUSED: readonly number[] = [400, 401, 403, 410];
