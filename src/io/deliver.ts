import { ERROR_KINDS, GexError } from '../errors.js';
import { type HttpResponse, sendRequest } from './request.js';

/** How patient the delivery of a message is. */
export interface DeliveryLimits {
  readonly signal?: AbortSignal;
  /** For one attempt. Default 30 s. */
  readonly timeoutMs?: number;
  /** Before the first further attempt; doubles with the second and last. Default 1 s. */
  readonly retryWaitMs?: number;
}

/** A small request whose answer matters only as yes or no. */
interface Delivery extends DeliveryLimits {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const RETRIES = 2;
const MAX_ANSWER_BYTES = 1024 * 1024;
const SHOWN_ANSWER_CHARACTERS = 160;

/**
 * Sends a request until a status of 2xx, with two further attempts after lost connections, timeouts, 429 and 5xx. Throws
 * `auth` (401, 403) or `upstream`, or the signal's reason. Messages hold scheme and host of the address alone: the rest
 * is often a secret.
 */
export async function deliver({ retryWaitMs = 1000, ...delivery }: Delivery): Promise<void> {
  const { default: pRetry } = await import('p-retry');
  const { signal } = delivery;
  signal?.throwIfAborted();
  let again = true;
  const attempt = async (): Promise<void> => {
    const answer = await withoutPath(delivery);
    if (answer.status >= 200 && answer.status < 300) return;
    again = answer.status === 429 || answer.status >= 500;
    throw refusal(delivery.url, answer);
  };
  await pRetry(attempt, {
    retries: RETRIES,
    minTimeout: retryWaitMs,
    ...(signal === undefined ? {} : { signal }),
    shouldRetry: ({ error }) => again && error instanceof GexError && ERROR_KINDS[error.kind].retried,
  });
}

async function withoutPath(delivery: Omit<Delivery, 'retryWaitMs'>): Promise<HttpResponse> {
  try {
    return await sendRequest({ ...delivery, maxBytes: MAX_ANSWER_BYTES });
  } catch (error) {
    if (!(error instanceof GexError) || error.kind === 'interrupted') throw error;
    const [address = ''] = delivery.url.split(/[?#]/, 1);
    throw new GexError(error.kind, error.message.replaceAll(address, originOf(delivery.url)));
  }
}

function refusal(url: string, { status, bytes }: HttpResponse): GexError {
  const said = bytes.toString('utf8').replace(/\s+/g, ' ').trim().slice(0, SHOWN_ANSWER_CHARACTERS);
  const answer = `${originOf(url)}: answered ${status}${said === '' ? '' : ` (${said})`}`;
  if (status === 401 || status === 403) return new GexError('auth', `${answer}; check its address and credentials`);
  const advice = status === 429 || status >= 500 ? 'try again later' : 'check its address';
  return new GexError('upstream', `${answer}; ${advice}`);
}

/** Scheme, host and port of an address. */
export function originOf(url: string): string {
  return new URL(url).origin;
}
