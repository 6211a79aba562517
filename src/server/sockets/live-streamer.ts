import type { LoadedStream } from '../library.js';
import type { LiveView } from '../live/view.js';
import type { Session } from '../replay.js';
import type { Audience, Feed, Groups } from './audiences.js';
import type { Broadcast, Broadcasts, Made } from './broadcasts.js';
import type { Connection } from './connection.js';

/** What one tick over files that grow has done so far. */
export interface LiveTick {
  readonly session: Session;
  readonly made: Made;
  /** Spot groups that have got a new price. */
  readonly spotted: Set<Groups>;
  /** Newcomers of spot groups that have got the price of before they came. */
  readonly welcomed: Map<Groups, Set<Connection>>;
}

/** Who gets a feed's records. */
interface Receivers {
  readonly audience: Audience;
  readonly feed: Feed;
}

/** Of more records than this that came at once, clients get the newest only: the others are in the archive. */
const MAX_BEHIND = 120;

/** Sends every record of files that grow once, in order, to all who listen; who comes later gets the newest at once. */
export class LiveStreamer {
  readonly #broadcasts: Broadcasts;
  /** The price that spot groups got last: several streams have it. */
  readonly #spots = new WeakMap<Groups, { readonly session: Session; readonly timestamp: number }>();

  constructor(broadcasts: Broadcasts) {
    this.#broadcasts = broadcasts;
  }

  /** Sends what a feed has not got yet; undefined when there is nothing. */
  serve(tick: LiveTick, live: LiveView, to: Receivers): Promise<void> | undefined {
    const { ticker, package: packageName, category } = to.feed;
    const stream = tick.session.library.find(ticker, packageName, category);
    if (stream === undefined) return void awaitFirst(to.feed, tick.session);
    try {
      const newest = live.reached(stream);
      if (!(newest instanceof Promise)) return this.#catchUp(tick, stream, to, newest);
      const caughtUp = newest.then((index) => this.#catchUp(tick, stream, to, index));
      return caughtUp.catch((error: unknown) => this.#broadcasts.warn(stream, error));
    } catch (error) {
      this.#broadcasts.warn(stream, error);
      return undefined;
    }
  }

  #catchUp(tick: LiveTick, stream: LoadedStream, to: Receivers, newest: number): Promise<void> | undefined {
    const { session } = tick;
    const { live } = to.feed;
    if (newest < 0) return void awaitFirst(to.feed, session);
    const from = firstDue(to.feed, session, stream, newest);
    if (from > newest && live.newcomers.size === 0) return undefined;
    const newcomers = new Set(live.newcomers);
    live.newcomers.clear();
    live.sent = { session, index: newest, cuts: stream.growing?.cuts ?? 0 };
    const send = async (): Promise<void> => {
      if (from > newest) this.#welcome(tick, await this.#made(tick, stream, newest), to, newcomers);
      for (let index = from; index <= newest; index++) this.#deliver(tick, await this.#made(tick, stream, index), to);
    };
    return session.library.hold(send());
  }

  /** A record, encoded once in a tick; undefined when it is damaged or cannot be read. */
  async #made({ made }: LiveTick, stream: LoadedStream, index: number): Promise<Broadcast | undefined> {
    const known = made.get(stream);
    if (known?.has(index)) return known.get(index);
    try {
      return this.#broadcasts.of(made, stream, { record: await stream.records.line(index), index });
    } catch (error) {
      this.#broadcasts.warn(stream, error, index);
      return undefined;
    }
  }

  #deliver({ session, spotted }: LiveTick, broadcast: Broadcast | undefined, { feed, audience }: Receivers): void {
    if (broadcast === undefined) return;
    this.#broadcasts.send(broadcast, feed.groups);
    const spots = audience.spots.get(`${feed.spotHub}/${feed.ticker}`);
    if (spots === undefined) return;
    const { timestamp } = broadcast.payload.head;
    const last = this.#spots.get(spots);
    if (last?.session === session && last.timestamp >= timestamp) return;
    this.#spots.set(spots, { session, timestamp });
    spotted.add(spots);
    this.#broadcasts.sendSpot(broadcast, spots);
  }

  #welcome(
    { spotted, welcomed }: LiveTick,
    broadcast: Broadcast | undefined,
    { feed, audience }: Receivers,
    newcomers: ReadonlySet<Connection>,
  ): void {
    if (broadcast === undefined) return;
    this.#broadcasts.send(broadcast, feed.groups, newcomers);
    const spots = audience.spots.get(`${feed.spotHub}/${feed.ticker}`);
    if (spots === undefined || spotted.has(spots)) return;
    const before = welcomed.get(spots) ?? new Set();
    this.#broadcasts.sendSpot(broadcast, spots, new Set([...newcomers].filter((one) => !before.has(one))));
    welcomed.set(spots, new Set([...before, ...newcomers]));
  }
}

/** The first record, up to `newest`, that a feed has to get; the one behind it when there is none. */
function firstDue({ live: { sent } }: Feed, { library }: Session, { growing }: LoadedStream, newest: number): number {
  if (sent === undefined) return newest + 1;
  const before = sent.session.library;
  // The files of the day were replaced: where clients were in the old ones says nothing.
  if (before !== library && before.date === library.date) return newest;
  let last = before === library ? sent.index : -1;
  if (last >= 0 && growing !== undefined && growing.cuts !== sent.cuts) last = Math.min(last, growing.cutTo - 1);
  return newest - last > MAX_BEHIND ? newest : last + 1;
}

/** Whoever listens before there is a record gets the very first. */
function awaitFirst({ live }: Feed, session: Session): void {
  live.newcomers.clear();
  live.sent ??= { session, index: -1, cuts: 0 };
}
