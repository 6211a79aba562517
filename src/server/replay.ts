import type { Ctx } from '../io/ctx.js';
import { type ClockOptions, Clocks } from './clocks.js';
import { type FaultPlan, Faults } from './faults.js';
import { type Library, type LibraryOptions, loadLibrary } from './library.js';
import { loadLive } from './live/library.js';
import { LiveView } from './live/view.js';
import type { PlaybackOptions } from './playback.js';
import { openPositionStore, type PositionStore, type StoreOptions } from './position-store.js';
import type { Positions } from './positions.js';
import { Timeline } from './timeline.js';

export interface ReplayOptions extends LibraryOptions, PlaybackOptions {
  /** Faults from the start. */
  readonly faults?: FaultPlan;
  /** Absent: positions end with the server. */
  readonly store?: StoreOptions;
  /** Records follow a clock; absent: they follow the requests. */
  readonly clock?: ClockOptions;
  /** Every key gets the newest record of files that grow; absent: they are replayed. */
  readonly live?: boolean;
}

/** A loaded day and everybody's position in it. They are replaced together, never one without the other. */
export interface Session {
  readonly library: Library;
  readonly playback: Positions;
  /** In clock mode. */
  readonly clocks?: Clocks;
  /** Where the newest records are served. */
  readonly live?: LiveView;
  readonly faults: Faults;
  readonly loadedAtMs: number;
}

interface Swap {
  readonly previous: Session;
  readonly current: Session;
}

interface Opened {
  readonly store: PositionStore;
  readonly session: Session;
}

/** How a session's records come: the newest ones, the last ones a clock has reached, or the next with every request. */
export function playbackOf({ live, clocks }: Session): 'live' | 'clock' | 'request' {
  if (live !== undefined) return 'live';
  return clocks === undefined ? 'request' : 'clock';
}

/** The day being replayed. Whoever serves takes `session` once and keeps it for the whole request. */
export class Replay {
  readonly options: ReplayOptions;
  /** They go on over reloads. */
  readonly faults: Faults;
  readonly #store: PositionStore;
  readonly #ctx: Ctx;
  #session: Session;
  #reloading = false;

  private constructor(options: ReplayOptions, ctx: Ctx, { store, session }: Opened) {
    this.options = options;
    this.#store = store;
    this.#ctx = ctx;
    this.#session = session;
    this.faults = session.faults;
  }

  /** Loads the day of the options. Throws `missing` or `storage`. */
  static async open(options: ReplayOptions, ctx: Ctx): Promise<Replay> {
    const faults = new Faults();
    if (options.faults !== undefined) faults.set(options.faults);
    const store = await openPositionStore(options, ctx);
    try {
      return new Replay(options, ctx, { store, session: await openSession(options, { faults, store }, ctx) });
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  get session(): Session {
    return this.#session;
  }

  /** Whether another day is being loaded. */
  get reloading(): boolean {
    return this.#reloading;
  }

  /**
   * Loads another day and swaps it in, every position cleared; requests under way end on the old one.
   * When loading fails the old day stays. Undefined while another reload is under way.
   */
  reload(date: string): Promise<Swap> | undefined {
    if (this.#reloading) return undefined;
    this.#reloading = true;
    return this.#swap(date);
  }

  async #swap(date: string): Promise<Swap> {
    try {
      const previous = this.#session;
      const lasting = { faults: this.faults, store: this.#store, previous };
      const current = await openSession({ ...this.options, date }, lasting, this.#ctx);
      this.#session = current;
      previous.library.close().catch((error: unknown) => this.#ctx.log.warn('closing the old day failed', { error }));
      return { previous, current };
    } finally {
      this.#reloading = false;
    }
  }

  async close(): Promise<void> {
    await this.#session.playback.close();
    await this.#session.library.close();
    await this.#store.close();
  }
}

/** What sessions share, and the one that ends. */
interface Lasting {
  readonly faults: Faults;
  readonly store: PositionStore;
  readonly previous?: Session;
}

async function openSession(options: ReplayOptions, { faults, store, previous }: Lasting, ctx: Ctx): Promise<Session> {
  const library = await (options.live ? loadLive : loadLibrary)(options, ctx);
  try {
    // Its late writes must not come after the new session's.
    await previous?.playback.close();
    const playback = store.positions(`${library.date}/${options.endpointCacheMode}`);
    if (previous !== undefined) await playback.reset();
    const clocks = options.clock && new Clocks(new Timeline(library.spans), playback, ctx.clock, options.clock);
    await clocks?.open();
    const live = options.live && { live: new LiveView(ctx.clock) };
    return { library, playback, faults, ...live, ...(clocks !== undefined && { clocks }), loadedAtMs: ctx.clock.now() };
  } catch (error) {
    await library.close();
    throw error;
  }
}
