import { composeService } from './compose.js';
import { crontabLine } from './cron.js';
import type { Installation } from './installation.js';
import { launchdAgent } from './launchd.js';
import { systemdOnce, systemdService, systemdTimer } from './systemd.js';

/** What `gex service print` can print. */
export const SERVICE_KINDS: Readonly<Record<string, (installation: Installation) => string>> = {
  systemd: systemdService,
  'systemd-once': systemdOnce,
  'systemd-timer': systemdTimer,
  cron: crontabLine,
  launchd: launchdAgent,
  compose: composeService,
};
