/** One day on which the exchange departs from its rules. Times are New York wall clock, `HH:MM`. */
export interface SpecialDay {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly name: string;
  /** `closed` all day, `regular` hours in spite of the rules, or other hours. */
  readonly session: 'closed' | 'regular' | { readonly open?: string; readonly close?: string };
}

const closed = (date: string, name: string): SpecialDay => ({ date, name, session: 'closed' });
const closes = (date: string, close: string, name: string): SpecialDay => ({ date, name, session: { close } });
const opens = (date: string, open: string, name: string): SpecialDay => ({ date, name, session: { open } });

/**
 * What no rule gives: NYSE days of mourning, disasters and one-off hours since 1990. Sources: the exchange's history of
 * closings and its holiday notices (for 1999-12-31 its release of 1999-06-04). Openings that were held back for
 * a minute or two of silence are not listed.
 */
export const SPECIAL_DAYS: readonly SpecialDay[] = [
  opens('1990-12-27', '11:00', 'Transformer explosion'),
  closes('1994-02-11', '14:30', 'Snowstorm'),
  closed('1994-04-27', 'Mourning for President Nixon'),
  opens('1995-12-18', '10:30', 'Computer failure'),
  { date: '1996-01-08', name: 'Blizzard', session: { open: '11:00', close: '14:00' } },
  closes('1997-10-27', '15:30', 'Circuit breaker'),
  closes('1997-12-26', '13:00', 'Day after Christmas'),
  closes('1999-12-31', '13:00', 'Turn of the millennium'),
  closed('2001-09-11', 'Attack on the World Trade Center'),
  closed('2001-09-12', 'Attack on the World Trade Center'),
  closed('2001-09-13', 'Attack on the World Trade Center'),
  closed('2001-09-14', 'Attack on the World Trade Center'),
  opens('2002-09-11', '12:00', 'Anniversary of 11 September 2001'),
  closes('2003-12-26', '13:00', 'Day after Christmas'),
  closed('2004-06-11', 'Mourning for President Reagan'),
  closes('2005-06-01', '15:56', 'Communication failure'),
  closed('2007-01-02', 'Mourning for President Ford'),
  closed('2012-10-29', 'Hurricane Sandy'),
  closed('2012-10-30', 'Hurricane Sandy'),
  closed('2018-12-05', 'Mourning for President G. H. W. Bush'),
  closed('2025-01-09', 'Mourning for President Carter'),
];
