import type { PackageName } from '../../wire/catalogue.js';
import { parseGroup } from '../../wire/groups.js';
import type { Session } from '../replay.js';
import type { Connection } from './connection.js';

/** Group name -> who receives it. Several names may mean one stream, apart by their prefix. */
export type Groups = Map<string, Set<Connection>>;

interface Sent {
  readonly session: Session;
  readonly index: number;
}

/** One stream of records and the groups it goes to. */
export interface Feed {
  readonly ticker: string;
  readonly package: PackageName;
  readonly category: string;
  /** The `v2_` hub of the stream: its spot groups follow these records. */
  readonly spotHub: string;
  readonly groups: Groups;
  /** The record sent last, forgotten when somebody joins: in clock mode it is sent once. */
  sent: Sent | undefined;
  /** Live: the record that all but the newcomers have got, and they. */
  readonly live: { sent: (Sent & { readonly cuts: number }) | undefined; readonly newcomers: Set<Connection> };
}

/** What the connections of one API key listen to. */
export interface Audience {
  readonly feeds: Map<string, Feed>;
  /** Spot groups by `hub/ticker`. */
  readonly spots: Map<string, Groups>;
}

/** Who is a member of what, by API key: a tick asks once per key and stream, however many listen. */
export class Audiences {
  readonly #byKey = new Map<string, Audience>();

  [Symbol.iterator](): IterableIterator<[string, Audience]> {
    return this.#byKey.entries();
  }

  /** The name must be one `parseGroup` knows. */
  join(connection: Connection, name: string): void {
    if (connection.groups.has(name)) return;
    connection.groups.add(name);
    const audience = this.#byKey.get(connection.apiKey) ?? { feeds: new Map(), spots: new Map() };
    this.#byKey.set(connection.apiKey, audience);
    const place = placeOf(audience, connection.hub, name);
    if (place === undefined) return;
    const { groups } = place;
    const members = groups.get(name) ?? new Set();
    groups.set(name, members.add(connection));
    if (!('sent' in place)) return;
    place.sent = undefined;
    place.live.newcomers.add(connection);
  }

  leave(connection: Connection, name: string): void {
    const audience = this.#byKey.get(connection.apiKey);
    if (!connection.groups.delete(name) || audience === undefined) return;
    const place = placeOf(audience, connection.hub, name);
    const members = place?.groups.get(name);
    members?.delete(connection);
    if (members?.size === 0) place?.groups.delete(name);
    if (place !== undefined && 'sent' in place) place.live.newcomers.delete(connection);
    for (const [key, feed] of audience.feeds) if (feed.groups.size === 0) audience.feeds.delete(key);
    for (const [key, spots] of audience.spots) if (spots.size === 0) audience.spots.delete(key);
    if (audience.feeds.size + audience.spots.size === 0) this.#byKey.delete(connection.apiKey);
  }

  leaveAll(connection: Connection): void {
    for (const name of [...connection.groups]) this.leave(connection, name);
  }
}

function placeOf(audience: Audience, hub: string, name: string): Feed | { readonly groups: Groups } | undefined {
  const group = parseGroup(name);
  if (group === undefined) return undefined;
  const { ticker } = group;
  if (group.spot) {
    const key = `${hub}/${ticker}`;
    const groups = audience.spots.get(key) ?? new Map();
    audience.spots.set(key, groups);
    return { groups };
  }
  const key = `${ticker}/${group.package}/${group.category}`;
  const feed = audience.feeds.get(key) ?? {
    ticker,
    package: group.package,
    category: group.category,
    spotHub: group.hub.v2,
    groups: new Map(),
    sent: undefined,
    live: { sent: undefined, newcomers: new Set<Connection>() },
  };
  audience.feeds.set(key, feed);
  return feed;
}
