import type { RouteRow } from './route.js';
import { ACCOUNT_ROUTES } from './routes/account.js';
import { ADMIN_ROUTES } from './routes/admin.js';
import { ARCHIVE_ROUTES } from './routes/archive.js';
import { CATALOGUE_ROUTES } from './routes/catalogue.js';
import { DOCUMENT_ROUTES } from './routes/documents.js';
import { FAULT_ROUTES } from './routes/faults.js';
import { HISTORY_ROUTES } from './routes/history.js';
import { NEGOTIATE_ROUTES } from './routes/negotiate.js';
import { OPERATION_ROUTES } from './routes/operation.js';
import { PLAYBACK_ROUTES } from './routes/playback.js';
import { RECORD_ROUTES } from './routes/records.js';
import { SYNC_ROUTES } from './routes/sync.js';

/** Every route of the server. A new one is a row in one of these tables. */
export const ROUTES: readonly RouteRow[] = [
  ...RECORD_ROUTES,
  ...CATALOGUE_ROUTES,
  ...NEGOTIATE_ROUTES,
  ...ADMIN_ROUTES,
  ...PLAYBACK_ROUTES,
  ...FAULT_ROUTES,
  ...SYNC_ROUTES,
  ...ARCHIVE_ROUTES,
  ...HISTORY_ROUTES,
  ...ACCOUNT_ROUTES,
  ...OPERATION_ROUTES,
  ...DOCUMENT_ROUTES,
];
