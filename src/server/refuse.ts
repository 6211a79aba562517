import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { GexError, statusOf } from '../errors.js';
import type { Log } from '../io/ctx.js';

/** Answers with the one shape of every error, `{"error": message}` (contract section 1.7). */
export function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ error: message });
}

/** Turns whatever a route or the framework threw into an answer; only bugs and server faults reach the log. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  if (hasZodFastifySchemaValidationErrors(error)) return refuse(reply, 400, describeValidation(error));
  const status = error instanceof GexError ? statusOf(error) : ((error as FastifyError).statusCode ?? 500);
  if (status >= 500) log.error('request failed', { method: request.method, path: pathOf(request), status, error });
  const known = error instanceof GexError || status < 500;
  return refuse(reply, status, known ? (error as Error).message : 'Internal error; the server log has the details.');
}

const CLIENT_FAULTS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** Answers bytes that never became a request. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  const status = CLIENT_FAULTS[error.code ?? ''] ?? '400 Bad Request';
  const body = JSON.stringify({ error: `The request cannot be read: ${status.slice(4)}.` });
  const head = `Connection: close\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}`;
  socket.write(`HTTP/1.1 ${status}\r\n${head}\r\n\r\n${body}`);
  socket.destroySoon();
}

/** The path of a request without its query, which may hold an API key. */
export function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}

const PLACES: Readonly<Record<string, string>> = { params: 'path', querystring: 'query', body: 'body' };

type ZodIssues = Pick<FastifyError, 'validationContext'> & {
  readonly validation: readonly { readonly instancePath: string; readonly message?: string }[];
};

function describeValidation({ validation, validationContext = 'params' }: ZodIssues): string {
  const place = PLACES[validationContext] ?? validationContext;
  const faults = validation.map(({ instancePath, message = 'is not valid' }) => {
    const name = instancePath.slice(1);
    return name === '' ? `the ${place}: ${message}` : `parameter "${name}" in ${place}: ${message}`;
  });
  return faults.join('; ');
}
