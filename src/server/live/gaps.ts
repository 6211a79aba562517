import { z } from 'zod';
import { readGaps } from '../../stores/archive/gaps.js';

const seconds = z.number().describe('Unix seconds');

/** A span of a session without records, as it is told to clients and as it rests in `gaps.jsonl`. */
export const gapBody = z
  .object({
    from: seconds,
    to: seconds,
    reason: z.string(),
    filled: z.literal('bars').optional().describe('Bars of the underlying were fetched for it later'),
  })
  .meta({ id: 'Gap' });

/** The gaps of a ticker-day by time. GexError `storage`. */
export async function gapsOf(root: string, date: string, ticker: string): Promise<z.infer<typeof gapBody>[]> {
  const gaps = await readGaps(root, date, ticker);
  return gaps.map(({ fromMs, toMs, ...rest }) => ({ from: fromMs / 1000, to: toMs / 1000, ...rest }));
}
