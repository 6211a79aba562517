import { toggle } from '../option.js';

/** Options of `gex convert`. */
export const CONVERT_ROWS = {
  keepSource: toggle({ flag: '--keep', description: 'leave the JSON array where it is once its lines are made' }),
  replaceLines: toggle({ flag: '--force', description: 'make the lines again where a .jsonl file is there already' }),
} as const;
