import { setMaxListeners } from 'node:events';
import type { Dispatcher } from 'undici';
import { ChunkQueue } from './chunk-queue.js';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

interface Exchange {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** From connecting to the last byte; undefined: no limit. */
  readonly totalMs: number | undefined;
}

/** The beginning of an answer; its body is still coming. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AsyncIterable<Buffer>;
  discard(): void;
}

const DISCARDED = new Error('the rest of the answer is not wanted');

/**
 * Sends a GET and resolves with the answer as soon as it begins. Every byte that came before a failure is given out before
 * the failure is, so that nothing has to be fetched twice. Rejects with undici's errors and the signal's reason.
 */
export function exchange(dispatcher: Dispatcher, { url, headers, signal, totalMs }: Exchange): Promise<Answer> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    let controller: Dispatcher.DispatchController | undefined;
    let isOver = false;
    const stop = (reason: Error): void => {
      if (!isOver) controller?.abort(reason);
    };
    const body = new ChunkQueue({
      pause: () => controller?.pause(),
      resume: () => controller?.resume(),
      left: () => stop(DISCARDED),
    });
    const onAbort = (): void => over(signal.reason);
    const over = (error?: unknown): void => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener('abort', onAbort);
      clearTimeout(limit);
      if (error === undefined) {
        body.end();
        return;
      }
      controller?.abort(error instanceof Error ? error : new Error(String(error)));
      body.fail(error);
      reject(error);
    };
    const late = (): void => over(new Error(`no whole answer within ${Number(totalMs) / 1000} s`));
    const limit = totalMs === undefined ? undefined : setTimeout(late, totalMs);
    setMaxListeners(0, signal); // any number of requests may go on under one signal
    signal.addEventListener('abort', onAbort, { once: true });
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started;
        if (isOver) started.abort(DISCARDED); // aborted before there was a connection
      },
      onResponseStart(_, status, answerHeaders) {
        if (status >= 200) resolve({ status, headers: answerHeaders, body, discard: () => stop(DISCARDED) });
      },
      onResponseData: (_, chunk) => body.push(chunk),
      onResponseEnd: () => over(),
      onResponseError: (_, error) => over(error),
    };
    dispatcher.dispatch({ origin: url.origin, path: url.pathname + url.search, method: 'GET', headers }, handler);
  });
}
