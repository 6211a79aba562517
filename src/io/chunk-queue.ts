/** Called as a queue fills and empties; `left` when its reader is done with it, for whatever reason. */
interface Flow {
  readonly pause: () => void;
  readonly resume: () => void;
  readonly left: () => void;
}

/** Enough to keep the network busy while the disk takes its time. */
const HIGH_BYTES = 1024 * 1024;

/**
 * Chunks on their way from a callback to one `for await`. Unlike a stream of Node's, which drops what is not read yet when
 * its source fails, it gives out every chunk first and the failure then.
 */
export class ChunkQueue implements AsyncIterable<Buffer> {
  readonly #flow: Flow;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #end: { readonly error?: unknown } | undefined;
  #wake = (): void => {};

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= HIGH_BYTES) this.#flow.pause();
    this.#wake();
  }

  end(): void {
    this.#end ??= {};
    this.#wake();
  }

  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) {
          this.#bytes -= chunk.length;
          yield chunk;
          if (this.#bytes < HIGH_BYTES) this.#flow.resume();
        } else if (this.#end === undefined) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        } else if ('error' in this.#end) {
          throw this.#end.error;
        } else {
          return;
        }
      }
    } finally {
      this.#flow.left();
    }
  }
}
