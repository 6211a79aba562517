import type { ChainSnapshot } from '../core/model.js';
import type { UnitExposures } from '../core/unitexposures.js';
import type { RecordHead } from '../wire/record.js';

/** One instant of a chain, priced: what every line of that instant is made of. */
export interface Frame {
  readonly chain: ChainSnapshot;
  readonly head: RecordHead;
  /** USD per contract: gamma per 1 % of spot, delta, vanna per volatility point, charm per calendar day. */
  readonly units: Required<UnitExposures>;
  /** Contracts dealers are long; zeros where the chain does not say. */
  readonly position: Float64Array;
}
