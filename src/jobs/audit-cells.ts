import { GexError } from '../errors.js';
import { CATEGORIES, type StreamKey } from '../wire/catalogue.js';

/** A record file of any date. */
export type FileKind = Pick<StreamKey, 'ticker' | 'package' | 'category'>;

export type CategoryKey = Pick<StreamKey, 'package' | 'category'>;

interface ExpectedInput {
  readonly tickers?: readonly string[];
  readonly categories?: readonly CategoryKey[];
  /** What the archive and its ledger hold in the window. */
  readonly held: readonly StreamKey[];
}

/**
 * The files every session should have: the tickers that are named, else all that are held; of each the categories that are
 * named, else those held of it, else those held of any ticker, else the whole catalogue. GexError `missing` for none.
 */
export function expectedFiles({ tickers, categories, held }: ExpectedInput): FileKind[] {
  const heldTickers = [...new Set(held.map(({ ticker }) => ticker))].sort();
  const wanted = tickers ?? heldTickers;
  if (wanted.length === 0) {
    throw new GexError('missing', 'the archive holds nothing in these days: name what it should hold with --tickers');
  }
  return wanted.flatMap((ticker) => {
    const own = categoriesOf(held.filter((key) => key.ticker === ticker));
    const any = own.length > 0 ? own : categoriesOf(held);
    const chosen = categories ?? (any.length > 0 ? any : CATEGORIES);
    return chosen.map(({ package: packageName, category }) => ({ ticker, package: packageName, category }));
  });
}

/** Without repeats, in the order of the catalogue; others after it. */
function categoriesOf(keys: readonly StreamKey[]): CategoryKey[] {
  const found = new Map(keys.map((key) => [rankOf(key), key]));
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key);
}

function rankOf(key: CategoryKey): string {
  const at = CATEGORIES.findIndex((row) => row.package === key.package && row.category === key.category);
  return `${at === -1 ? 99 : String(at).padStart(2, '0')} ${key.package}/${key.category}`;
}
