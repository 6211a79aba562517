import { GexError } from '../errors.js';
import { retryAfterMs } from './backoff.js';
import type { Ctx } from './ctx.js';
import { PartFile } from './part-file.js';
import { fitsHeld, headersToResume, sourceOf, totalOf } from './ranges.js';
import { getFollowing } from './redirects.js';
import { beginningOf, placeOf, type Web, type WebAnswer } from './web.js';

/** A URL to be fetched into a file; what an earlier attempt or process left there is continued. */
interface PartDownload {
  readonly url: URL;
  /** Takes the bytes as they come over the wire, gzip or not; a sidecar beside it says what they are. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Throws when this address, or one it redirects to, may not be asked. */
  readonly check: (url: URL) => void;
  /** Of the whole body over the wire. */
  readonly maxBytes: number;
  /** A minute with fewer bytes ends the attempt. */
  readonly minBytesPerMinute: number;
  /** Bytes that are in the file, of the whole where that is known. */
  readonly onBytes?: ((bytes: number, total?: number) => void) | undefined;
}

/** How an attempt ended, where another one may do better. */
export type PartOutcome =
  | { readonly kind: 'whole'; readonly bytes: number }
  /** No file was given. `body`: the beginning of what was said instead. */
  | { readonly kind: 'refused'; readonly status: number; readonly body: string; readonly waitMs: number | undefined }
  /** The network failed after `received` further bytes. */
  | { readonly kind: 'cut'; readonly error: GexError; readonly received: number };

/** One attempt under way. */
interface Transfer {
  readonly web: Web;
  readonly download: PartDownload;
  readonly part: PartFile;
  readonly ctx: Pick<Ctx, 'clock' | 'signal'>;
  received: number;
}

const REFUSAL_BYTES = 2048;
const EXCERPT_BYTES = 80;
const MINUTE_MS = 60_000;

/**
 * Makes one attempt, with Range and If-Range where something is there already; another version, place or encoding begins
 * again. Throws `data` (redirects, size, a page instead of a file), `storage`, what `check` throws, and the signal's reason.
 */
export async function downloadPart(
  web: Web,
  download: PartDownload,
  ctx: Pick<Ctx, 'clock' | 'signal'>,
): Promise<PartOutcome> {
  const part = await PartFile.open(download.path);
  const transfer: Transfer = { web, download, part, ctx, received: 0 };
  try {
    return (await attempt(transfer)) ?? (await attempt(transfer)) ?? unasked(download.url);
  } catch (error) {
    if (!(error instanceof GexError) || error.kind !== 'upstream') throw error;
    return { kind: 'cut', error, received: transfer.received };
  } finally {
    await part.close();
  }
}

/** Undefined when what was held does not fit what the server has: it is dropped, and the next request gets the whole. */
async function attempt(transfer: Transfer): Promise<PartOutcome | undefined> {
  const { web, download, part, ctx } = transfer;
  const { answer, url } = await getFollowing(web, {
    url: download.url,
    check: download.check,
    headersFor: (hop) => ({ ...download.headers, ...headersToResume(part, hop) }),
    signal: ctx.signal,
  });
  if (answer.status === 200) return fromStart(transfer, answer, url);
  if (answer.status !== 206 && answer.status !== 416) return refusal(answer, ctx);
  const wasAsked = 'range' in headersToResume(part, url);
  if (wasAsked && fitsHeld(part, answer)) return fromHere(transfer, answer);
  answer.discard();
  if (!wasAsked) unasked(url);
  await part.drop();
  return undefined;
}

async function fromStart(transfer: Transfer, answer: WebAnswer, url: URL): Promise<PartOutcome> {
  // A page is no reason to lose what is there.
  if (/^text\/html/i.test(answer.headers['content-type'] ?? '')) throw await pageError(answer, url);
  try {
    const source = sourceOf(answer, url);
    checkSize(transfer.download, source.total ?? 0);
    await transfer.part.restart(source);
  } catch (error) {
    answer.discard();
    throw error;
  }
  return receive(transfer, answer);
}

async function fromHere(transfer: Transfer, answer: WebAnswer): Promise<PartOutcome> {
  const { part } = transfer;
  const total = totalOf(answer);
  if (answer.status === 206) {
    if (total !== undefined) await part.learnTotal(total);
    return receive(transfer, answer);
  }
  answer.discard();
  return finish(part);
}

async function receive(transfer: Transfer, answer: WebAnswer): Promise<PartOutcome> {
  const { download, part } = transfer;
  const total = part.source?.total;
  const keepPace = speedFloor(transfer);
  for await (const chunk of answer.body) {
    const bytes = part.bytes + chunk.length;
    if (bytes > download.maxBytes) await part.drop();
    checkSize(download, bytes);
    await part.append(chunk);
    transfer.received += chunk.length;
    download.onBytes?.(bytes, total);
    keepPace(chunk.length);
  }
  if (total === undefined || total === part.bytes) return finish(part);
  throw new GexError('upstream', `${placeOf(download.url)}: ended after ${part.bytes} of ${total} bytes`);
}

async function finish(part: PartFile): Promise<PartOutcome> {
  await part.finish();
  return { kind: 'whole', bytes: part.bytes };
}

/** Bytes are counted as they come: silence is the connection's own limit. */
function speedFloor({ download, ctx }: Transfer): (bytes: number) => void {
  let [sinceMs, received] = [ctx.clock.now(), 0];
  return (bytes) => {
    received += bytes;
    const nowMs = ctx.clock.now();
    if (nowMs - sinceMs < MINUTE_MS) return;
    if (received < download.minBytesPerMinute)
      throw new GexError('upstream', `${placeOf(download.url)}: sent only ${received} bytes in a minute`);
    [sinceMs, received] = [nowMs, 0];
  };
}

async function refusal(answer: WebAnswer, { clock }: Transfer['ctx']): Promise<PartOutcome> {
  const waitMs = retryAfterMs(answer.headers['retry-after'], Date.parse(answer.headers.date ?? '') || clock.now());
  return { kind: 'refused', status: answer.status, body: await beginningOf(answer, REFUSAL_BYTES), waitMs };
}

function checkSize({ url, maxBytes }: PartDownload, bytes: number): void {
  if (bytes <= maxBytes) return;
  throw new GexError('data', `${placeOf(url)}: is larger than the ${maxBytes} bytes that are allowed`);
}

async function pageError(answer: WebAnswer, url: URL): Promise<GexError> {
  const text = (await beginningOf(answer, EXCERPT_BYTES)).replace(/\s+/g, ' ');
  return new GexError(
    'data',
    `${placeOf(url)}: is a web page, not a file (${JSON.stringify(text)}); is a proxy in between?`,
  );
}

function unasked(url: URL): never {
  throw new GexError('upstream', `${placeOf(url)}: answered with a part of the file that was not asked for`);
}
