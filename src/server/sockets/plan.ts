import { GexError } from '../../errors.js';
import { parseGroup } from '../../wire/groups.js';
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
export function planSession(groups: readonly string[]): Plan {
  const parsed = groups.map((name) => ({ name, ...checkedGroup(name) }));
  const generation = parsed.some((group) => group.spot) ? 'v2' : 'legacy';
  const analytics = parsed.filter((group) => !group.spot);
  const placed: HubGroup[] = analytics.map(({ name, hub }) => ({ hub: hubName(hub, generation), group: name }));
  const spots = parsed.filter((group) => group.spot);
  for (const { name, ticker } of spots) {
    const hubs = analytics.filter((group) => group.ticker === ticker).map((group) => hubName(group.hub, generation));
    for (const hub of hubs) placed.push({ hub, group: name });
  }
  if (generation === 'v2') {
    checkCoverage(new Set(analytics.map((group) => group.ticker)), new Set(spots.map((group) => group.ticker)), '');
  }
  return { generation, memberships: byHub(placed) };
}

/** The memberships of a PATCH, which names the hub of every group. Throws `usage` like `planSession`. */
export function planReplacement(entries: readonly HubGroup[], generation: Generation): Plan {
  const own = hubNames(generation);
  for (const { hub, group } of entries) {
    if (!own.includes(hub)) {
      throw new GexError('usage', `Hub ${hub} is not of the negotiated session, whose hubs are ${own.join(', ')}.`);
    }
    const parsed = checkedGroup(group);
    const expected = parsed.spot ? undefined : hubName(parsed.hub, generation);
    if (expected !== undefined && expected !== hub) {
      throw new GexError('usage', `Group ${group} belongs to hub ${expected}, not to ${hub}.`);
    }
    if (parsed.spot && generation === 'legacy') {
      throw new GexError('usage', `Group ${group} needs a session negotiated with spot groups.`);
    }
  }
  const memberships = byHub(entries);
  if (generation === 'v2') {
    for (const [hub, groups] of memberships)
      checkCoverage(tickersOf(groups, false), tickersOf(groups, true), ` on ${hub}`);
  }
  return { generation, memberships };
}

type Parsed = { readonly ticker: string } & (
  | { readonly spot: true }
  | { readonly spot: false; readonly hub: (typeof HUBS)[number] }
);

function checkedGroup(name: string): Parsed {
  const parsed = parseGroup(name);
  if (parsed === undefined) {
    throw new GexError(
      'usage',
      `Group ${JSON.stringify(name)} is not a name such as SPX_classic_gex_full or SPX_spot.`,
    );
  }
  if (parsed.prefix !== undefined) {
    throw new GexError('usage', `Group ${name} has a prefix; leave out "${parsed.prefix}_", the server adds it.`);
  }
  if (parsed.spot) return { ticker: parsed.ticker, spot: true };
  return { ticker: parsed.ticker, spot: false, hub: parsed.hub };
}

function hubName(row: (typeof HUBS)[number], generation: Generation): string {
  return generation === 'v2' ? row.v2 : row.name;
}

function byHub(entries: readonly HubGroup[]): Memberships {
  const memberships = new Map<string, Set<string>>();
  for (const { hub, group } of entries) {
    const groups = memberships.get(hub) ?? new Set();
    memberships.set(hub, groups.add(group));
  }
  return memberships;
}

function tickersOf(groups: ReadonlySet<string>, spot: boolean): ReadonlySet<string> {
  const parsed = [...groups].map(checkedGroup).filter((group) => group.spot === spot);
  return new Set(parsed.map((group) => group.ticker));
}

function checkCoverage(analytics: ReadonlySet<string>, spots: ReadonlySet<string>, place: string): void {
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
