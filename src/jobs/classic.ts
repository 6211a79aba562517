import type { ConventionOptions } from '../core/convention.js';
import type { ChainSnapshot } from '../core/model.js';
import { GexError } from '../errors.js';
import { CATEGORIES } from '../wire/catalogue.js';
import { createPublisher } from './publish.js';

/** A record line and the category it belongs to. */
interface ClassicLine {
  readonly category: string;
  readonly bytes: Uint8Array;
}

/** GexBot's classic records of one chain: full, zero, one. Throws `data` when no expiry has a date that is still ahead. */
export function classicLines(chain: ChainSnapshot, convention: ConventionOptions): ClassicLine[] {
  if (!chain.contracts.expiries.some(({ expiryMs }) => expiryMs > chain.asOfMs)) {
    throw new GexError(
      'data',
      `${chain.source.name}: has no expiry with a date that is still ahead, and a GexBot record counts days to it`,
    );
  }
  const lines = createPublisher(chain.underlying, convention).publish(chain);
  return CATEGORIES.flatMap(({ package: name, category }, index) =>
    name === 'classic' ? [{ category, bytes: lines[index] as Uint8Array }] : [],
  );
}
