import type { PackageName } from './catalogue.js';

/**
 * GexBot's websocket hubs as rows (contract section 5.5): what each is called in both generations and which streams it
 * carries. Every spot group runs on each `v2` hub that has analytics of its ticker.
 */
export interface HubRow {
  readonly name: string;
  /** Its name in the second generation, where the server joins the groups. */
  readonly v2: string;
  /** Type URL of its payloads. */
  readonly typeUrl: string;
  /** `package_category` of the streams it carries. */
  readonly streams: RegExp;
  /** Streams that only the first generation carries. */
  readonly legacyStreams?: RegExp;
}

export const SPOT_TYPE_URL = 'proto.spot';

export const HUBS: readonly HubRow[] = [
  { name: 'classic', v2: 'v2_classic', typeUrl: 'proto.gex', streams: /^classic_gex_(full|zero|one|\d{8})$/ },
  { name: 'state_gex', v2: 'v2_state_gex', typeUrl: 'proto.gex', streams: /^state_gex_(full|zero|one|\d{8})$/ },
  {
    name: 'state_greeks_zero',
    v2: 'v2_state_greeks_zero',
    typeUrl: 'proto.greek',
    streams: /^state_(delta|gamma|vanna|charm)_zero$/,
    legacyStreams: /^state_volume_zero$/,
  },
  {
    name: 'state_greeks',
    v2: 'v2_state_greeks',
    typeUrl: 'proto.greek',
    streams: /^state_(delta|gamma|vanna|charm)_\d{8}$/,
  },
  {
    name: 'state_greeks_one',
    v2: 'v2_state_greeks_one',
    typeUrl: 'proto.greek',
    streams: /^state_(delta|gamma|vanna|charm)_one$/,
    legacyStreams: /^state_volume_one$/,
  },
  { name: 'orderflow', v2: 'v2_orderflow', typeUrl: 'proto.orderflow', streams: /^orderflow_(orderflow|\d{8})$/ },
];

/** A stream as the hubs name it; the category may be an explicit expiry such as `gex_20260821`. */
export interface HubStream {
  readonly package: PackageName;
  readonly category: string;
}

/** The hub that carries a stream, and whether only in its first generation; undefined when none does. */
export function hubOf(stream: HubStream): { readonly hub: HubRow; readonly legacyOnly: boolean } | undefined {
  const name = `${stream.package}_${stream.category}`;
  const expiry = /\d{8}$/.exec(name)?.[0];
  if (expiry !== undefined && !isDate(expiry)) return undefined;
  for (const hub of HUBS) {
    if (hub.streams.test(name)) return { hub, legacyOnly: false };
    if (hub.legacyStreams?.test(name)) return { hub, legacyOnly: true };
  }
  return undefined;
}

/** The hub of either generation by its name in a URL or a PATCH body; undefined when there is none. */
export function hubNamed(name: string): { readonly hub: HubRow; readonly isV2: boolean } | undefined {
  const hub = HUBS.find((row) => row.name === name || row.v2 === name);
  return hub && { hub, isV2: hub.v2 === name };
}

/** Whether `YYYYMMDD` is a day of the calendar. */
function isDate(digits: string): boolean {
  const iso = `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
  const at = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(iso);
}
