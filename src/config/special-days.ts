import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { GexError } from '../errors.js';

/** A day on which the exchange departs from its rules, as a file states it. */
interface SpecialDayRow {
  readonly date: string;
  readonly name: string;
  readonly session: 'closed' | 'regular' | { readonly open?: string; readonly close?: string };
}

const EXAMPLE = '{date: 2025-01-09, name: Day of mourning, session: closed}';

/** The special days of a YAML or JSON list: date, name, and session `closed`, `regular` or `{open, close}`. Every fault in one `usage` error. */
export async function readSpecialDays(path: string): Promise<readonly SpecialDayRow[]> {
  const rows = parsed(await textOf(path), path);
  if (!Array.isArray(rows)) throw new GexError('usage', `${path} is no list of special days such as ${EXAMPLE}`);
  const faults = rows.flatMap((row, i) => faultsOf(row).map((fault) => `row ${i + 1}: ${fault}`));
  if (faults.length > 0) {
    throw new GexError('usage', `${path} has rows that are no special days such as ${EXAMPLE}:`, { details: faults });
  }
  return rows;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new GexError('usage', `the calendar file ${path} cannot be read; check --calendar-file`, { cause });
  }
}

function parsed(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new GexError('usage', `${path} is neither YAML nor JSON: ${reason}`, { cause });
  }
}

function faultsOf(row: unknown): string[] {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return [`found ${JSON.stringify(row)}`];
  const { date, name, session, ...others } = row as Record<string, unknown>;
  const hours = typeof session === 'object' && session !== null ? Object.entries(session) : undefined;
  const isTime = ([key, value]: [string, unknown]): boolean =>
    (key === 'open' || key === 'close') && typeof value === 'string' && /^([01]\d|2[0-3]):[0-5]\d$/.test(value);
  return [
    ...(typeof date === 'string' && isDate(date) ? [] : [`date ${JSON.stringify(date)}: write YYYY-MM-DD`]),
    ...(typeof name === 'string' && name !== '' ? [] : ['name is missing']),
    ...(session === 'closed' || session === 'regular' || (hours && hours.length > 0 && hours.every(isTime))
      ? []
      : [`session ${JSON.stringify(session)}: write closed, regular or {open: "HH:MM", close: "HH:MM"}`]),
    ...Object.keys(others).map((key) => `unknown key ${key}`),
  ];
}

function isDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  const isReal = /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(time).toISOString().startsWith(text);
  return isReal && text >= '1990-01-01' && text <= '2050-12-31';
}
