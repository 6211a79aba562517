import { EXPIRY_SETS, type ExpirySetName, type LadderPlan } from '../core/ladders.js';
import type { ChainSnapshot } from '../core/model.js';
import type { ColumnHistory } from './history.js';
import { GREEK_LADDERS, gexHistory, greekHistory } from './ladder-lines.js';
import type { LastBook } from './orderflow.js';
import { type Past, recall } from './publish-past.js';

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

/** What records of before say of a plan's ladders; of the book at the last of them nothing. */
export function recalledMemory(plan: LadderPlan, past: Past): Memory {
  const memory = emptyMemory(plan);
  const { classic, state, greeks } = memory;
  const inOrder = [
    ...EXPIRY_SETS.map((name) => ({ name, history: classic[name] })),
    ...EXPIRY_SETS.map((name) => ({ name, history: state[name] })),
    ...GREEK_SETS.flatMap((name) => greeks[name].map((history) => ({ name, history }))),
  ];
  for (const [i, { name, history }] of inOrder.entries()) {
    recall(history, past[i] ?? [], { plan, strike: plan.sets[name].strike });
  }
  return memory;
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

/** Keeps what the flows of the next record count from. */
export function keepBook(memory: Memory, { volume, dealerPosition }: ChainSnapshot): void {
  memory.last.volume.set(volume);
  if (dealerPosition) memory.last.position.set(dealerPosition);
  else memory.last.position.fill(0);
  memory.hasLast = true;
}

function bySet<T>(of: (name: ExpirySetName) => T): Record<ExpirySetName, T> {
  return Object.fromEntries(EXPIRY_SETS.map((name) => [name, of(name)])) as Record<ExpirySetName, T>;
}

function byGreekSet<T>(of: (name: (typeof GREEK_SETS)[number]) => T): Record<(typeof GREEK_SETS)[number], T> {
  return { zero: of('zero'), one: of('one') };
}
