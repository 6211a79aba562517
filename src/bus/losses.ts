/** Messages that were not published. */
export interface Span {
  /** Epoch ms of the first and the last of them. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

/** Those of a topic and key. */
export interface Loss extends Span {
  readonly topic: string;
  readonly key: string;
}

/** What a bus could not publish and its readers were not told of yet; as much memory as there are keys. */
export class Losses {
  readonly #untold = new Map<string, Loss>();

  add(loss: Loss): void {
    const name = JSON.stringify([loss.topic, loss.key]);
    this.#untold.set(name, { ...loss, ...joined(this.#untold.get(name), loss) });
  }

  /** All there are, once. */
  take(): Loss[] {
    const taken = [...this.#untold.values()];
    this.#untold.clear();
    return taken;
  }
}

/** Two as one. */
export function joined(one: Span | undefined, { fromMs, toMs, count }: Span): Span {
  if (one === undefined) return { fromMs, toMs, count };
  return { fromMs: Math.min(one.fromMs, fromMs), toMs: Math.max(one.toMs, toMs), count: one.count + count };
}
