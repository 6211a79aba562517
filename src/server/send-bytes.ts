import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { gzipped } from '../io/gzip.js';
import { refuse } from './refuse.js';

/** Something long with a known length, any part of which can be read. */
export interface ByteSource {
  readonly length: number;
  /** Changes when the bytes do. */
  readonly version: string;
  /** Bytes `start` to `end` (exclusive); the source closes with the stream. */
  read(start: number, end: number): Readable;
  close(): Promise<void>;
}

interface ByteAnswer {
  readonly type: string;
  readonly filename: string;
  /** Whether it is sent with gzip to those who accept it. */
  readonly gzip: boolean;
}

/**
 * Sends a source with ETag, in parts where asked (206, 416), not at all where the client has it already (304), and
 * compressed where that is accepted and no part is asked for. Memory does not depend on the length.
 */
export async function sendBytes(reply: FastifyReply, source: ByteSource, answer: ByteAnswer): Promise<FastifyReply> {
  const { headers } = reply.request;
  const etag = `"${source.version}"`;
  reply
    .type(answer.type)
    .header('accept-ranges', 'bytes')
    .header('content-disposition', `attachment; filename="${answer.filename}"`);
  if (answer.gzip) reply.header('vary', 'accept-encoding');
  if (listsTag(headers['if-none-match'], etag)) {
    await source.close();
    return reply.code(304).header('etag', etag).send();
  }
  const ifRange = headers['if-range'];
  const part = ifRange === undefined || ifRange === etag ? partOf(headers.range, source.length) : undefined;
  if (part === 'outside') {
    await source.close();
    return refuse(reply.header('content-range', `bytes */${source.length}`), 416, 'The range is outside of the file.');
  }
  if (part === undefined && answer.gzip && acceptsGzip(headers['accept-encoding'])) {
    reply.header('etag', `W/${etag}`).header('content-encoding', 'gzip');
    return reply.send(gzipped(source.read(0, source.length)));
  }
  const { start, end } = part ?? { start: 0, end: source.length };
  reply.header('etag', etag).header('content-length', end - start);
  if (part !== undefined) reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${source.length}`);
  return reply.send(source.read(start, end));
}

interface Part {
  readonly start: number;
  readonly end: number;
}

/** The one part a `Range` header asks for (RFC 9110, section 14); undefined when there is none that can be given. */
function partOf(range: string | undefined, length: number): Part | 'outside' | undefined {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range?.trim() ?? '');
  if (found === null) return undefined;
  const [, first = '', last = ''] = found;
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, length - Number(last)) : Number(first);
  const end = first === '' || last === '' ? length : Math.min(length, Number(last) + 1);
  if (start >= length) return 'outside';
  return start < end ? { start, end } : undefined;
}

function acceptsGzip(accepted: string | string[] | undefined): boolean {
  const names = String(accepted ?? '').toLowerCase();
  return names
    .split(',')
    .some((part) => /^\s*(x-)?gzip\s*(;\s*q=(1|0\.0*[1-9]))?/.test(part) && !/q=0(\.0*)?\s*$/.test(part));
}

function listsTag(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
