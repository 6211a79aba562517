import { GexError } from '../errors.js';
import type { GexbotClient } from '../feeds/gexbot/client.js';
import type { Ctx } from '../io/ctx.js';
import { removePart } from '../io/part-file.js';
import { readUnpacked } from '../io/unpack-stream.js';
import { type PreparedStream, prepareStream } from '../stores/archive/import.js';
import type { LedgerRow, LedgerTable } from '../stores/sql/ledger.js';
import type { StreamKey } from '../wire/catalogue.js';
import { checkFile, oddRecords } from './download-checks.js';
import type { DownloadProgress } from './download-progress.js';
import type { CellOutcome } from './download-report.js';
import { heldRow, missingRow } from './download-rows.js';

/** What all cells of a run share. */
export interface CellTools {
  /** Root of the archive. */
  readonly root: string;
  readonly client: Pick<GexbotClient, 'fetchFile'>;
  readonly ledger: LedgerTable;
  readonly progress: DownloadProgress;
  /** Fetch again what was held before `startedMs`. */
  readonly force: boolean;
  readonly startedMs: number;
  /** Go on with files that were cut. */
  readonly resume: boolean;
}

interface FileTools extends CellTools {
  readonly part: string;
  /** The ledger's row so far. */
  readonly before: LedgerRow | undefined;
  /** Whether the archive has the file that row describes. */
  readonly isHeld: boolean;
}

/** Unpacked the largest file of the vendor has some 150 MB (contract section 2.2); JSON rarely packs better than 1:30. */
const LIMITS = { maxBytes: 4 * 2 ** 30, maxRatio: 500 };

/**
 * Fetches a file, checks it and places it, then notes it in the ledger; what came over the wire goes last. A damaged file
 * is fetched once more from its first byte. GexError as thrown by the client, `data` for a file that stays bad, `storage`.
 */
export async function transferFile(key: StreamKey, tools: FileTools, ctx: Ctx): Promise<CellOutcome> {
  const { part, before, ledger, client } = tools;
  const display = tools.progress.file(key);
  let attempts = before?.attempts ?? 0;
  if (!tools.resume) await removePart(part);
  try {
    for (let isLastChance = false; ; isLastChance = true) {
      const fetched = await client.fetchFile(key, part, ctx, display.onBytes);
      attempts += fetched.attempts;
      if (fetched.kind === 'missing') return await noteMissing(key, attempts, tools, ctx);
      try {
        const placed = await placeFile(key, part, tools.root, ctx);
        const origin = { source: 'download', attempts, fetchedMs: ctx.clock.now() } as const;
        await ledger.put([heldRow(key, placed, origin)]);
        await removePart(part);
        const { rows, bytes } = placed;
        const suspicious = oddRecords(placed);
        const outcome: CellOutcome = { ...key, state: 'fetched', rows, bytes, received: fetched.bytes, attempts };
        return suspicious === undefined ? outcome : { ...outcome, suspicious };
      } catch (error) {
        if (!(error instanceof GexError && error.kind === 'data')) throw error;
        await removePart(part);
        if (isLastChance) throw error;
        ctx.log.warn(`${error.message}; fetching it once more`);
      }
    }
  } finally {
    display.done();
  }
}

async function placeFile(key: StreamKey, part: string, root: string, ctx: Ctx): Promise<PreparedStream> {
  const prepared = await prepareStream(root, key, readUnpacked(part, LIMITS), { signal: ctx.signal });
  try {
    checkFile(key, prepared);
    ctx.signal.throwIfAborted();
    await prepared.commit();
  } catch (error) {
    await prepared.abort();
    throw error;
  }
  return prepared;
}

/** A file that is held stays held although the vendor has it no longer. */
async function noteMissing(key: StreamKey, attempts: number, tools: FileTools, ctx: Ctx): Promise<CellOutcome> {
  if (!tools.isHeld) await tools.ledger.put([missingRow(key, attempts, ctx.clock.now())]);
  return { ...key, state: 'missing', attempts };
}
