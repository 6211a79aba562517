import type { Ctx } from '../../io/ctx.js';
import type { Faults } from '../faults.js';

/** The way to one client. */
interface Line {
  write(frame: Uint8Array): void;
  /** Ends the connection as a broken network does. */
  cut(): void;
}

/** Messages held back at once, over all clients; further ones go out without delay. */
const MAX_DELAYED = 10_000;

/** What happens to messages on their way when faults are injected. */
export class Hazards {
  readonly #faults: Faults;
  readonly #ctx: Ctx;
  #delayed = 0;

  constructor(faults: Faults, ctx: Ctx) {
    this.#faults = faults;
    this.#ctx = ctx;
  }

  /** Sends a message's frame, or does to it what the faults decide. */
  send(frame: Uint8Array, line: Line): void {
    const fault = this.#faults.decide('frame');
    if (fault === undefined) return void line.write(frame);
    const act = (): void => {
      if (fault.action === 'drop') return;
      if (fault.action === 'disconnect') return void line.cut();
      line.write(fault.action === 'truncate' ? frame.subarray(0, Math.floor(frame.length * fault.keep)) : frame);
      if (fault.action === 'duplicate') line.write(frame);
    };
    if (fault.delayMs === 0 || this.#delayed >= MAX_DELAYED) return void act();
    this.#delayed += 1;
    const { clock, signal } = this.#ctx;
    clock
      .sleep(fault.delayMs, signal)
      .then(act, () => {}) // the server is stopping
      .finally(() => {
        this.#delayed -= 1;
      });
  }
}
