import { GexError } from '../errors.js';
import { placeOf, type Web, type WebAnswer } from './web.js';

interface Follow {
  readonly url: URL;
  /** Throws when this address may not be asked; called for the first one and every redirect. */
  readonly check: (url: URL) => void;
  readonly headersFor: (url: URL) => Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

const MAX_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * The answer behind all redirects, and the address that gave it. Throws `data` for a loop, more than five redirects or one
 * without a target, what `check` throws, and as `Web.get` does.
 */
export async function getFollowing(
  web: Web,
  { url: start, check, headersFor, signal }: Follow,
): Promise<{ readonly answer: WebAnswer; readonly url: URL }> {
  const seen = new Set<string>();
  for (let url = start; ; ) {
    check(url);
    if (seen.has(url.href)) throw redirectError(start, 'redirects in a loop');
    if (seen.size > MAX_REDIRECTS) throw redirectError(start, `redirects more than ${MAX_REDIRECTS} times`);
    seen.add(url.href);
    const answer = await web.get({ url, headers: headersFor(url), signal });
    if (!isRedirect(answer)) return { answer, url };
    url = targetOf(answer, url);
  }
}

export function isRedirect({ status }: WebAnswer): boolean {
  return REDIRECTS.includes(status);
}

/** Where a redirect leads; its body is left. GexError `data` when it does not say. */
export function targetOf({ status, headers, discard }: WebAnswer, base: URL): URL {
  discard();
  const target = headers.location ?? '';
  if (target !== '' && URL.canParse(target, base.href)) return new URL(target, base);
  throw redirectError(base, `answered ${status} without saying where to`);
}

function redirectError(url: URL, found: string): GexError {
  return new GexError('data', `${placeOf(url)}: ${found}; is it the right address?`);
}
