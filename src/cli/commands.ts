import type { Command } from './command.js';
import { ARCHIVE_COMMANDS } from './rows/archive.js';
import { COMPUTE_COMMANDS } from './rows/compute.js';
import { PROGRAM_COMMANDS } from './rows/program.js';
import { SERVE_COMMANDS } from './rows/serve.js';
import { TRADESTATION_COMMANDS } from './rows/tradestation.js';

/** Every subcommand. A new one is a row in `rows/` and a file in `commands/`. */
export const COMMANDS: readonly Command[] = [
  ...COMPUTE_COMMANDS,
  ...SERVE_COMMANDS,
  ...ARCHIVE_COMMANDS,
  ...TRADESTATION_COMMANDS,
  ...PROGRAM_COMMANDS,
];
