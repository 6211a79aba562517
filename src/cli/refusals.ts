import { OPTIONS, type OptionKey } from '../config/table.js';
import { GexError } from '../errors.js';
import type { CommandCall } from './command.js';

/** How the user named an option, else its flag. */
export function nameOf({ origins }: CommandCall, key: OptionKey): string {
  return origins[key].place || OPTIONS[key].flag;
}

/** A sentence for every option of `keys` that the command line gives. */
export function givenIdly(call: CommandCall, keys: readonly OptionKey[], because: string): string[] {
  return keys.filter((key) => call.origins[key].layer === 'flag').map((key) => `${nameOf(call, key)}: ${because}`);
}

/** Throws one `usage` error that lists every fault; nothing where there is none. */
export function refuse(faults: readonly string[]): void {
  const [first] = faults;
  if (first === undefined) return;
  if (faults.length === 1) throw new GexError('usage', `${first}.`);
  throw new GexError('usage', `${faults.length} options contradict each other:`, { details: faults });
}
