import { GexError } from '../../errors.js';
import type { CommandCall } from '../command.js';
import { completionScript, SHELLS } from '../completion.js';

/** Prints the completion script of a shell. */
export async function run({ args: [name], commands, out }: CommandCall): Promise<void> {
  const shell = SHELLS.find((known) => known === name);
  if (!shell) throw new GexError('usage', `found shell ${JSON.stringify(name)}; give one of ${SHELLS.join(', ')}`);
  await out.write(completionScript(shell, commands));
}
