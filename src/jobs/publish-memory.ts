import { EXPIRY_SETS, type ExpirySetName, type LadderPlan } from '../core/ladders.js';
import type { ColumnHistory } from './history.js';
import { GREEK_LADDERS, gexHistory, greekHistory } from './ladder-lines.js';
import type { LastBook } from './orderflow.js';

/** Sets that have ladders of greeks. */
export const GREEK_SETS = ['zero', 'one'] as const;

/** What a publisher remembers of the records before. */
export interface Memory {
  readonly classic: Readonly<Record<ExpirySetName, ColumnHistory>>;
  readonly state: Readonly<Record<ExpirySetName, ColumnHistory>>;
  /** By set, in the order of GREEK_LADDERS. */
  readonly greeks: Readonly<Record<(typeof GREEK_SETS)[number], readonly ColumnHistory[]>>;
  /** Zero gamma of each set, where the search for the next one begins. */
  readonly zeros: Record<ExpirySetName, number>;
  readonly last: LastBook;
  hasLast: boolean;
}

/** Nothing yet. */
export function emptyMemory({ sets, contracts }: LadderPlan): Memory {
  const gex = (name: ExpirySetName): ColumnHistory => gexHistory(sets[name].strike.length);
  return {
    classic: bySet(gex),
    state: bySet(gex),
    greeks: byGreekSet((name) => GREEK_LADDERS.map(() => greekHistory(sets[name].strike.length))),
    zeros: bySet(() => Number.NaN),
    last: { volume: new Float64Array(contracts.length), position: new Float64Array(contracts.length) },
    hasLast: false,
  };
}

/** The memory of a plan in the places of one that continues it: by strike, and by contract with the new ones unknown. */
export function grownMemory(memory: Memory, before: LadderPlan, plan: LadderPlan): Memory {
  const moveOf = bySet((name) => {
    const at = new Map(Array.from(plan.sets[name].strike, (strike, i) => [strike, i]));
    const to = Array.from(before.sets[name].strike, (strike) => at.get(strike) as number);
    return (history: ColumnHistory) => history.moved(plan.sets[name].strike.length, to);
  });
  const { length } = plan.contracts;
  const volume = new Float64Array(length).fill(Number.NaN);
  volume.set(memory.last.volume);
  const position = new Float64Array(length);
  position.set(memory.last.position);
  return {
    classic: bySet((name) => moveOf[name](memory.classic[name])),
    state: bySet((name) => moveOf[name](memory.state[name])),
    greeks: byGreekSet((name) => memory.greeks[name].map(moveOf[name])),
    zeros: { ...memory.zeros },
    last: { volume, position },
    hasLast: memory.hasLast,
  };
}

function bySet<T>(of: (name: ExpirySetName) => T): Record<ExpirySetName, T> {
  return Object.fromEntries(EXPIRY_SETS.map((name) => [name, of(name)])) as Record<ExpirySetName, T>;
}

function byGreekSet<T>(of: (name: (typeof GREEK_SETS)[number]) => T): Record<(typeof GREEK_SETS)[number], T> {
  return { zero: of('zero'), one: of('one') };
}
