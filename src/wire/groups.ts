import type { PackageName } from './catalogue.js';
import { type HubRow, hubOf } from './hubs.js';

/** The price of a ticker: a group of every second-generation hub with analytics of that ticker. */
interface SpotGroup {
  readonly spot: true;
  /** The name without the prefix. */
  readonly name: string;
  readonly prefix?: string;
  readonly ticker: string;
}

/** One record stream of a ticker. */
export interface StreamGroup {
  readonly spot: false;
  /** The name without the prefix. */
  readonly name: string;
  readonly prefix?: string;
  readonly ticker: string;
  readonly package: PackageName;
  /** Canonical category, `volume_zero`, `volume_one`, or with an explicit expiry such as `gex_20260821`. */
  readonly category: string;
  readonly hub: HubRow;
  /** Only the first generation of the hub has it. */
  readonly legacyOnly: boolean;
}

export type Group = SpotGroup | StreamGroup;

const NAME = /^(?:([a-z0-9]+)_)?(([A-Z]{1,5}(?:_[A-Z]{1,5})?)_(?:spot|(classic|state|orderflow)_([a-z0-9_]+)))$/;
const LONGEST_NAME = 128;

/**
 * The group a websocket name means: `[prefix_]TICKER_package_category` or `[prefix_]TICKER_spot`; undefined when it is
 * none. Upper and lower case count, as on the wire (contract section 5.6).
 */
export function parseGroup(text: string): Group | undefined {
  if (text.length > LONGEST_NAME) return undefined;
  const [, prefix, name = '', ticker = '', packageName, category = ''] = NAME.exec(text) ?? [];
  if (name === '') return undefined;
  const head = { name, ticker, ...(prefix !== undefined && { prefix }) };
  if (packageName === undefined) return { spot: true, ...head };
  const stream = { package: packageName as PackageName, category };
  const found = hubOf(stream);
  return found && { spot: false, ...head, ...stream, ...found };
}
