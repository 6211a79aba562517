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
  /** Epoch ms in the time of the session that is recorded, where that is not the clock's. */
  readonly sessionNow?: () => number;
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

/** A day loaded, and the line its clocks run over. */
interface Day {
  readonly library: Library;
  /** In clock mode. */
  readonly timeline?: Timeline;
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
  /** Loaded, and not yet served. */
  #coming: Day | undefined;

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
      const day = await loadDay(options, ctx);
      const session = await openSession(day, { options, faults, store, loadedAtMs: ctx.clock.now() }, ctx);
      return new Replay(options, ctx, { store, session });
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
    const loading = this.load(date);
    return loading && this.#reload(loading);
  }

  async #reload(loading: Promise<Library>): Promise<Swap> {
    await loading;
    try {
      await this.settle();
      await this.clear();
      return await this.swap(this.#ctx.clock.now());
    } catch (error) {
      await this.abandon();
      throw error;
    }
  }

  /** First step of a reload: loads another day beside the one being served. Undefined while one is under way. */
  load(date: string): Promise<Library> | undefined {
    if (this.#reloading) return undefined;
    this.#reloading = true;
    return this.#load(date);
  }

  async #load(date: string): Promise<Library> {
    try {
      this.#coming = await loadDay({ ...this.options, date }, this.#ctx);
      return this.#coming.library;
    } catch (error) {
      this.#reloading = false;
      throw error;
    }
  }

  /** Second step: writes the positions of the day that ends, so that nothing of it is written later. */
  async settle(): Promise<void> {
    await this.#session.playback.close();
  }

  /** Third step, once per store: forgets the positions of the day to come. */
  async clear(): Promise<void> {
    await this.#store.positions(scopeOf(this.#loaded().library, this.options)).reset();
  }

  /** Last step: the loaded day is served from now on. */
  async swap(loadedAtMs: number): Promise<Swap> {
    const previous = this.#session;
    const lasting = { options: this.options, faults: this.faults, store: this.#store, loadedAtMs };
    const day = this.#loaded();
    this.#coming = undefined; // openSession closes it when it fails
    const current = await openSession(day, lasting, this.#ctx);
    this.#session = current;
    this.#reloading = false;
    previous.library.close().catch((error: unknown) => this.#ctx.log.warn('closing the old day failed', { error }));
    return { previous, current };
  }

  /** Instead of the last step: the old day stays. */
  async abandon(): Promise<void> {
    this.#reloading = false;
    const day = this.#coming;
    this.#coming = undefined;
    await day?.library.close();
  }

  async close(): Promise<void> {
    await this.#session.playback.close();
    await this.#session.library.close();
    await this.#coming?.library.close();
    await this.#store.close();
  }

  #loaded(): Day {
    if (this.#coming === undefined) throw new Error('no day is loaded to be served next');
    return this.#coming;
  }
}

/** What a session is made of beside its library. */
interface Making {
  readonly options: ReplayOptions;
  readonly faults: Faults;
  readonly store: PositionStore;
  readonly loadedAtMs: number;
}

async function loadDay(options: ReplayOptions, ctx: Ctx): Promise<Day> {
  const library = await (options.live ? loadLive : loadLibrary)(options, ctx);
  try {
    return { library, ...(options.clock && { timeline: new Timeline(library.spans) }) };
  } catch (error) {
    await library.close();
    throw error;
  }
}

async function openSession(day: Day, { options, faults, store, loadedAtMs }: Making, ctx: Ctx): Promise<Session> {
  const { library, timeline } = day;
  try {
    const playback = store.positions(scopeOf(library, options));
    const clocks = options.clock && timeline && new Clocks(timeline, playback, ctx.clock, options.clock);
    await clocks?.open();
    const live = options.live && { live: new LiveView(ctx.clock) };
    return { library, playback, faults, ...live, ...(clocks !== undefined && { clocks }), loadedAtMs };
  } catch (error) {
    await library.close();
    throw error;
  }
}

/** What the positions of a day belong to. */
function scopeOf({ date }: Library, { endpointCacheMode }: ReplayOptions): string {
  return `${date}/${endpointCacheMode}`;
}
