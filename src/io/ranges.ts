import { GexError } from '../errors.js';
import type { PartSource } from './part-file.js';
import { placeOf, type WebAnswer } from './web.js';

/** Bytes that are there of a body, and what they are of. */
interface Held {
  readonly bytes: number;
  readonly source: PartSource | undefined;
}

/** `Content-Range` (RFC 9110, 14.4); `start` is undefined in a 416, `total` where the server does not know it. */
interface ContentRange {
  readonly start: number | undefined;
  readonly total: number | undefined;
}

/**
 * The headers that ask this address for the rest of what is held, or for the whole. Bytes that cannot be continued were most
 * likely packed on the fly (weak ETag): without gzip the next ones can.
 */
export function headersToResume({ bytes, source }: Held, url: URL): Readonly<Record<string, string>> {
  if (bytes === 0 || source === undefined || source.place !== placeOf(url)) return { 'accept-encoding': 'gzip' };
  if (source.validator === undefined) return { 'accept-encoding': 'identity' };
  return { 'accept-encoding': source.encoding, range: `bytes=${bytes}-`, 'if-range': source.validator };
}

/** Whether a 206 or 416 answers exactly what was asked: the rest of the same bytes, or that there is no rest. */
export function fitsHeld({ bytes, source }: Held, answer: WebAnswer): boolean {
  const range = contentRangeOf(answer);
  if (source === undefined || range === undefined) return false;
  if (answer.status === 416) return range.total === bytes;
  const isSameVersion =
    answer.headers.etag === undefined || (validatorOf(answer) ?? source.validator) === source.validator;
  const isSameLength = source.total === undefined || range.total === undefined || range.total === source.total;
  return range.start === bytes && isSameVersion && isSameLength && encodingOf(answer) === source.encoding;
}

/** What the body of a 200 is. GexError `data` for an encoding that was not asked for. */
export function sourceOf(answer: WebAnswer, url: URL): PartSource {
  const place = placeOf(url);
  const encoding = encodingOf(answer);
  if (encoding === undefined) {
    const found = answer.headers['content-encoding'];
    throw new GexError('data', `${place}: is sent in the encoding "${found}"; gzip or none was asked for`);
  }
  const [validator, total] = [validatorOf(answer), totalOf(answer)];
  return {
    place,
    encoding,
    ...(validator === undefined ? {} : { validator }),
    ...(total === undefined ? {} : { total }),
  };
}

/** Bytes of the whole body, where a 200 or 206 says it. */
export function totalOf(answer: WebAnswer): number | undefined {
  if (answer.status === 206) return contentRangeOf(answer)?.total;
  const length = answer.headers['content-length'] ?? '';
  return /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

function encodingOf({ headers }: WebAnswer): PartSource['encoding'] | undefined {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return 'identity';
  return encoding === 'gzip' || encoding === 'x-gzip' ? 'gzip' : undefined;
}

/** What `If-Range` may hold (RFC 9110, 13.1.5): a strong ETag, or a date that lies at least a second before the answer. */
function validatorOf({ headers }: WebAnswer): string | undefined {
  const { etag, date, 'last-modified': modified } = headers;
  if (etag !== undefined) return /^"[^"]*"$/.test(etag) ? etag : undefined;
  const isStrong = Date.parse(modified ?? '') + 1000 <= Date.parse(date ?? '');
  return isStrong ? modified : undefined;
}

function contentRangeOf({ headers }: WebAnswer): ContentRange | undefined {
  const found = /^bytes (?:(\d{1,15})-\d{1,15}|\*)\/(\d{1,15}|\*)$/.exec(headers['content-range']?.trim() ?? '');
  if (found === null) return undefined;
  const number = (text: string | undefined): number | undefined =>
    text === undefined || text === '*' ? undefined : Number(text);
  return { start: number(found[1]), total: number(found[2]) };
}
