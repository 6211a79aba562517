/** Messages of one moment for the readers of a topic. */
export interface Batch {
  readonly topic: string;
  /** What the messages are about; those of a key stay in order. */
  readonly key: string;
  /** Epoch ms of what they tell. */
  readonly atMs: number;
  /** Objects of JSON, each with a `type`. */
  readonly messages: readonly Uint8Array[];
}

/** A way to tell other processes. */
export interface Bus {
  /**
   * Sends messages on their way: never waits and never throws. What cannot be sent is dropped, counted, and told of by a
   * message `{"type":"lost","from","to","count"}` (epoch ms) on the same topic and key as soon as that is possible.
   */
  publish(batch: Batch): void;
  /** Waits for what is on its way, 2 s at most. */
  close(): Promise<void>;
}
