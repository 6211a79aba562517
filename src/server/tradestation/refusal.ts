import type { OutgoingHttpHeaders } from 'node:http';

/** Titles of the vendor's errors by status (contract section 3.1). */
export const ERROR_TITLES: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  414: 'RequestUriTooLong',
  429: 'TooManyRequests',
  500: 'InternalServerError',
  501: 'NotImplemented',
  502: 'BadGateway',
  503: 'ServiceUnavailable',
  504: 'GatewayTimeout',
};

/** A complete answer that is not a stream. */
export interface Answer {
  readonly status: number;
  /** A value becomes JSON; a text goes out as it is. */
  readonly body: unknown;
  readonly headers?: OutgoingHttpHeaders;
}

/** Thrown by handlers: an answer with an error body. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(JSON.stringify(answer.body));
    this.answer = answer;
  }
}

/** An error of the market data API. */
export function refusal(status: number, message: string, headers: OutgoingHttpHeaders = {}): Refusal {
  return new Refusal({
    status,
    body: { Error: ERROR_TITLES[status] ?? 'InternalServerError', Message: message },
    headers,
  });
}

/** An error of the v2 paths, which have a shape of their own (contract section 3.1). */
export function v2Refusal(status: number, message: string, traceId: string): Refusal {
  return new Refusal({ status, body: { TraceId: traceId, StatusCode: status, Message: message } });
}

/** An error of the sign-in host. */
export function signInRefusal(status: number, error: string, description: string): Refusal {
  return new Refusal({ status, body: { error, error_description: description } });
}
