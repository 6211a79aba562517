import { z } from 'zod';

const link = z.object({ url: z.string().min(1) });
const refusal = z.object({ error: z.string().min(1) });

const EXCERPT_LENGTH = 120;

/** The link in a 200 answer to `/hist?noredirect` (contract section 2.1); undefined when it is something else. */
export function parseLink(text: string, base: URL): URL | undefined {
  const { data } = link.safeParse(jsonOf(text));
  return data !== undefined && URL.canParse(data.url, base.href) ? new URL(data.url, base) : undefined;
}

/** What the API says about a refusal (contract section 1.7), or the beginning of whatever else it sent. */
export function saidIn(text: string): string {
  const { data } = refusal.safeParse(jsonOf(text));
  return excerpt(data?.error ?? text);
}

/** The code in a refusal of a storage service, e.g. `AccessDenied`: the rest of its text may hold signatures. */
export function storageCode(text: string): string | undefined {
  return /<Code>([A-Za-z]{1,40})<\/Code>/.exec(text)?.[1];
}

/** The beginning on one line; addresses lose their queries, which may be signatures. */
function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const safe = line.replace(/(https?:\/\/[^\s"'?]*)\?[^\s"']*/g, '$1?...');
  return safe.length > EXCERPT_LENGTH ? `${safe.slice(0, EXCERPT_LENGTH)}...` : safe;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
