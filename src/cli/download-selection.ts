import { didYouMean } from '../config/suggest.js';
import type { Settings } from '../config/table.js';
import { GexError } from '../errors.js';
import {
  CATEGORIES,
  type CategoryRow,
  categoryOf,
  type PackageName,
  QUANT_TICKERS,
  TICKERS,
} from '../wire/catalogue.js';

/** Tickers and categories that the vendor keeps history of; every ticker with every category. */
export interface Selection {
  readonly tickers: readonly string[];
  readonly categories: readonly CategoryRow[];
}

const PACKAGES: readonly PackageName[] = ['classic', 'state', 'orderflow'];

/**
 * What the settings ask for, in the order of the catalogue: `--packages` and `--categories` over the configured ones.
 * One GexError `usage` lists every ticker, package and category the vendor has no history of, with what exists.
 */
export function selectFiles(settings: Settings): Selection {
  const faults: string[] = [];
  const tickers = settings.downloadTickers;
  for (const ticker of tickers) faults.push(...tickerFaults(ticker));
  const packages = chosenPackages(settings, faults);
  const configured = packages.flatMap((name) => configuredCategories(name, settings, faults));
  const { downloadCategories: named } = settings;
  const categories = named ? namedCategories(named, packages, faults) : configured;
  if (faults.length === 1) throw new GexError('usage', faults[0] ?? '');
  if (faults.length > 1) throw new GexError('usage', `${faults.length} names without history:`, { details: faults });
  if (packages.length === 0) {
    throw new GexError('usage', 'no package is enabled: name one with --packages or enable it under packages');
  }
  return { tickers, categories };
}

function tickerFaults(ticker: string): string[] {
  const known = Object.values(TICKERS).flat();
  if (known.includes(ticker)) return [];
  if (Object.values(QUANT_TICKERS).flat().includes(ticker)) {
    return [`ticker ${ticker} has no history, the vendor serves it over WebSocket only: leave it out`];
  }
  return [`unknown ticker ${ticker}${didYouMean(ticker, known)}; there are ${known.join(' ')}`];
}

function chosenPackages(settings: Settings, faults: string[]): PackageName[] {
  const { downloadPackages: named } = settings;
  if (named === undefined) return PACKAGES.filter((name) => settings[`${name}Enabled`]);
  for (const name of named) {
    if (PACKAGES.some((known) => known === name)) continue;
    faults.push(`unknown package ${name}${didYouMean(name, PACKAGES)}; there are ${PACKAGES.join(', ')}`);
  }
  return PACKAGES.filter((name) => named.includes(name));
}

function configuredCategories(name: PackageName, settings: Settings, faults: string[]): CategoryRow[] {
  const all = CATEGORIES.filter((row) => row.package === name);
  const categories = settings[`${name}Categories`];
  return categories.length === 0 ? all : namedCategories(categories, [name], faults);
}

function namedCategories(names: readonly string[], packages: readonly PackageName[], faults: string[]): CategoryRow[] {
  const rows = names.flatMap((category) => {
    const found = packages.flatMap((name) => categoryOf(name, category) ?? []);
    if (found.length === 0 && packages.length > 0) faults.push(unknownCategory(category, packages));
    return found;
  });
  return CATEGORIES.filter((row) => rows.includes(row));
}

function unknownCategory(category: string, packages: readonly PackageName[]): string {
  const known = [...new Set(CATEGORIES.filter((row) => packages.includes(row.package)).map((row) => row.category))];
  const others = PACKAGES.filter((name) => !packages.includes(name) && categoryOf(name, category));
  const hint = others.length > 0 ? `; it belongs to package ${others.join(' and ')}, which is not chosen` : '';
  const where = `${packages.length === 1 ? 'package' : 'the packages'} ${packages.join(', ')}`;
  return `no category ${category} in ${where}${didYouMean(category, known)}; there are ${known.join(', ')}${hint}`;
}
