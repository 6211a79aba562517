import { GexError } from '../../errors.js';
import { retryAfterMs } from '../../io/backoff.js';
import type { Ctx } from '../../io/ctx.js';
import { isRedirect, targetOf } from '../../io/redirects.js';
import { beginningOf, placeOf, type Web, type WebAnswer } from '../../io/web.js';
import type { StreamKey } from '../../wire/catalogue.js';
import { parseLink, saidIn } from './parse.js';

/** Where and as whom to ask. */
export interface GexbotApi {
  /** Without `/v2`, query and trailing slash. */
  readonly base: URL;
  readonly apiKey: string;
  readonly userAgent: string;
  /** For a whole answer. */
  readonly timeoutMs: number;
}

/** A failure that another attempt may mend. */
export interface Again {
  readonly kind: 'again';
  readonly error: GexError;
  /** What the server asked to wait. */
  readonly waitMs?: number | undefined;
  /** 429: everybody is to wait. */
  readonly isBusy?: boolean;
}

type LinkOutcome = { readonly kind: 'link'; readonly url: URL } | { readonly kind: 'missing' } | Again;

/** The vendor also takes `Basic` with the bare key (contract section 1.2). */
const SCHEME = 'Bearer';
const ANSWER_BYTES = 64 * 1024;

/** The API's address without what users add or leave out: `/v2`, slashes, query. GexError `usage` when it is none. */
export function apiBase(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new GexError('usage', `the base URL ${JSON.stringify(text)} is not an http or https address`);
  const base = new URL(url.origin);
  base.pathname = `${url.pathname.replace(/\/+$/, '').replace(/\/v2$/, '')}/`;
  return base;
}

/**
 * Asks for the temporary address of a history file (contract section 2.1). Throws `auth` for 401 and 403, `usage` for 400,
 * `data` for an answer that is none.
 */
export async function requestLink(web: Web, api: GexbotApi, key: StreamKey, ctx: Ctx): Promise<LinkOutcome> {
  const url = linkUrl(api.base, key);
  try {
    const answer = await web.get({ url, headers: linkHeaders(api), signal: ctx.signal, totalMs: api.timeoutMs });
    if (isRedirect(answer)) return { kind: 'link', url: targetOf(answer, url) };
    const text = await beginningOf(answer, ANSWER_BYTES);
    const link = answer.status === 200 ? parseLink(text, url) : undefined;
    if (link !== undefined) return { kind: 'link', url: link };
    const said = saidIn(text).replaceAll(api.apiKey, '***') || 'without a word';
    // A page is not the API's: behind a mistyped base URL everything would seem to be missing.
    if (answer.status === 404 && !said.startsWith('<')) return { kind: 'missing' };
    return otherOutcome(answer, `${placeOf(url)} answered ${answer.status} (${said})`, ctx);
  } catch (error) {
    if (!(error instanceof GexError) || error.kind !== 'upstream') throw error;
    return { kind: 'again', error };
  }
}

/** What a refusal or a wrong answer means; `found` says where and what it was. */
function otherOutcome({ status, headers }: WebAnswer, found: string, { clock }: Ctx): Again {
  if (status === 400) throw new GexError('usage', `${found}; check the ticker, package, category and date`);
  if (status === 401) throw new GexError('auth', `${found}; check GEXBOT_API_KEY`);
  if (status === 403) throw new GexError('auth', `${found}; the plan of GEXBOT_API_KEY may not include history`);
  if (status !== 429 && status < 500) {
    const expected = status === 200 ? ' instead of a link' : '';
    throw new GexError('data', `${found}${expected}; is it the right base URL?`);
  }
  const waitMs = retryAfterMs(headers['retry-after'], Date.parse(headers.date ?? '') || clock.now());
  return { kind: 'again', error: new GexError('upstream', found), waitMs, isBusy: status === 429 };
}

function linkHeaders({ apiKey, userAgent }: GexbotApi): Readonly<Record<string, string>> {
  return { authorization: `${SCHEME} ${apiKey}`, accept: 'application/json', 'user-agent': userAgent };
}

function linkUrl(base: URL, { ticker, package: packageName, category, date }: StreamKey): URL {
  const path = ['v2', 'hist', ticker, packageName, category, date].map(encodeURIComponent).join('/');
  return new URL(`${path}?noredirect`, base);
}
