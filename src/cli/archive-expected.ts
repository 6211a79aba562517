import type { OptionKey } from '../config/table.js';
import type { CategoryKey } from '../jobs/audit-cells.js';
import { categoryKeys } from './archive-selection.js';
import type { CommandCall } from './command.js';
import { selectFiles } from './download-selection.js';

/** The options that say what `gex download` fetches, apart from its flags. */
const CONFIGURED: readonly OptionKey[] = [
  ...(['downloadTickers', 'classicEnabled', 'classicCategories', 'stateEnabled', 'stateCategories'] as const),
  ...(['orderflowEnabled', 'orderflowCategories'] as const),
];

interface Expected {
  readonly tickers?: readonly string[];
  readonly categories?: readonly CategoryKey[];
}

/**
 * What every session should have: the flags of the call, then what is configured for `gex download`; empty where nobody
 * said anything. GexError `usage` for names that do not exist.
 */
export function expectedBy({ settings, origins }: Pick<CommandCall, 'settings' | 'origins'>): Expected {
  const { archiveTickers, archiveCategories } = settings;
  const isConfigured = CONFIGURED.some((key) => origins[key].layer !== 'default');
  const configured: Expected = isConfigured ? selectFiles(settings) : {};
  return {
    ...configured,
    ...(archiveTickers && { tickers: archiveTickers }),
    ...(archiveCategories && { categories: categoryKeys(archiveCategories) }),
  };
}
