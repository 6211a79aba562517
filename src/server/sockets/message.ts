import type { AnyMessage } from '../../wire/any.js';
import type { Codec, GroupFrame } from '../../wire/pubsub.js';

interface Made {
  readonly frameOf: GroupFrame;
  sequenceId: number | undefined;
  frame: Uint8Array;
}

/** One record on its way to one group; each subprotocol's frame is made once and shared by all who receive it. */
export class GroupMessage {
  readonly #group: string;
  readonly #payload: AnyMessage;
  readonly #made = new Map<Codec, Made>();

  constructor(group: string, payload: AnyMessage) {
    this.#group = group;
    this.#payload = payload;
  }

  /** The frame for a receiver; only a sequence id unlike the last receiver's makes it anew. */
  frame(codec: Codec, sequenceId?: number): Uint8Array {
    const made = this.#made.get(codec);
    if (made === undefined) {
      const frameOf = codec.groupMessage(this.#group, this.#payload);
      const frame = frameOf(sequenceId);
      this.#made.set(codec, { frameOf, sequenceId, frame });
      return frame;
    }
    if (made.sequenceId !== sequenceId) {
      made.frame = made.frameOf(sequenceId);
      made.sequenceId = sequenceId;
    }
    return made.frame;
  }
}
