import { GexError } from '../../errors.js';
import { type Group, parseGroup, type StreamGroup } from '../../wire/groups.js';
import { HUBS } from '../../wire/hubs.js';
import type { Generation } from './tokens.js';

/** Groups, without prefix, of every hub of a generation that has any. */
export type Memberships = ReadonlyMap<string, ReadonlySet<string>>;

/** What a negotiated session is a member of. */
export interface Plan {
  readonly generation: Generation;
  readonly memberships: Memberships;
}

/** The groups of one request body, sorted out (contract sections 5.3 and 5.4). */
interface HubGroup {
  readonly hub: string;
  readonly group: string;
}

/** The names of the six hubs of a generation. */
export function hubNames(generation: Generation): readonly string[] {
  return HUBS.map((row) => (generation === 'v2' ? row.v2 : row.name));
}

/** How many memberships a plan has after expansion. */
export function membershipCount({ memberships }: Plan): number {
  return [...memberships.values()].reduce((sum, groups) => sum + groups.size, 0);
}

/**
 * The memberships of a POST: without spot groups on the hubs of the legacy generation; with them on the `v2_` hubs, each
 * spot group on every hub that carries analytics of its ticker. Throws `usage` on a bad name or missing spot coverage.
 */
export function planSession(names: readonly string[]): Plan {
  const groups = names.map(checkedGroup);
  const spots = groups.filter((group) => group.spot);
  const generation = spots.length > 0 ? 'v2' : 'legacy';
  const placed = groups.filter((group) => !group.spot).map((group) => ({ ...group, on: hubFor(group, generation) }));
  if (generation === 'v2') checkCoverage(groups, '');
  const entries = placed.map(({ on, name }) => ({ hub: on, group: name }));
  for (const { name, ticker } of spots) {
    const hubs = new Set(placed.filter((group) => group.ticker === ticker).map((group) => group.on));
    for (const hub of hubs) entries.push({ hub, group: name });
  }
  return { generation, memberships: byHub(entries) };
}

/** The memberships of a PATCH, which names the hub of every group. Throws `usage` like `planSession`. */
export function planReplacement(entries: readonly HubGroup[], generation: Generation): Plan {
  const own = hubNames(generation);
  for (const { hub, group: name } of entries) {
    if (!own.includes(hub)) {
      throw new GexError('usage', `Hub ${hub} is not of the negotiated session, whose hubs are ${own.join(', ')}.`);
    }
    const group = checkedGroup(name);
    if (group.spot && generation === 'legacy') {
      throw new GexError('usage', `Group ${name} needs a session negotiated with spot groups.`);
    }
    const expected = group.spot ? hub : hubFor(group, generation);
    if (expected !== hub) throw new GexError('usage', `Group ${name} belongs to hub ${expected}, not to ${hub}.`);
  }
  const memberships = byHub(entries);
  if (generation === 'v2') {
    for (const [hub, names] of memberships) checkCoverage([...names].map(checkedGroup), ` on ${hub}`);
  }
  return { generation, memberships };
}

function checkedGroup(name: string): Group {
  const group = parseGroup(name);
  if (group === undefined) {
    const shown = JSON.stringify(name.slice(0, SHOWN_NAME));
    throw new GexError('usage', `Group ${shown} is not a name such as SPX_classic_gex_full or SPX_spot.`);
  }
  if (group.prefix === undefined) return group;
  throw new GexError('usage', `Group ${name} has a prefix; leave out "${group.prefix}_", the server adds it.`);
}

/** Of a name that is echoed to its sender. */
const SHOWN_NAME = 100;

function hubFor({ hub, name, legacyOnly }: StreamGroup, generation: Generation): string {
  if (generation === 'legacy') return hub.name;
  if (legacyOnly) throw new GexError('usage', `Group ${name} is not sent on ${hub.v2}, only on ${hub.name}.`);
  return hub.v2;
}

function byHub(entries: readonly HubGroup[]): Memberships {
  const memberships = new Map<string, Set<string>>();
  for (const { hub, group } of entries) {
    const groups = memberships.get(hub) ?? new Set();
    memberships.set(hub, groups.add(group));
  }
  return memberships;
}

function checkCoverage(groups: readonly Group[], place: string): void {
  const tickersOf = (spot: boolean): ReadonlySet<string> =>
    new Set(groups.filter((group) => group.spot === spot).map((group) => group.ticker));
  const [analytics, spots] = [tickersOf(false), tickersOf(true)];
  const bare = [...analytics].filter((ticker) => !spots.has(ticker));
  const idle = [...spots].filter((ticker) => !analytics.has(ticker));
  if (bare.length > 0) {
    throw new GexError('usage', `Spot coverage: ${bare.map((ticker) => `${ticker}_spot`).join(', ')} missing${place}.`);
  }
  if (idle.length > 0) {
    throw new GexError(
      'usage',
      `Spot coverage: no analytics group of ${idle.join(', ')}${place} beside its spot group.`,
    );
  }
}
