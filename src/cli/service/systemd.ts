import { clockText } from './daily-time.js';
import { daemonCommand, type Installation } from './installation.js';

/** gex stops within 5 s of SIGTERM and keeps what is finished; whoever has not ended by then hangs. */
const STOP_SECONDS = 10;

const STATE_ROOT = '/var/lib/';

/** The daemon as a service that always runs. */
export function systemdService(installation: Installation): string {
  return `# gex service print systemd | sudo tee /etc/systemd/system/gex-daemon.service
# sudo systemctl daemon-reload && sudo systemctl enable --now gex-daemon
[Unit]
Description=gex daemon
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart=${commandLine(daemonCommand(installation))}
Restart=always
RestartSec=30
# A wrong option or a refused key stays wrong until somebody changes it.
RestartPreventExitStatus=2 3
${common(installation)}
[Install]
WantedBy=multi-user.target
`;
}

/** One run, for the timer. */
export function systemdOnce(installation: Installation): string {
  return `# gex service print systemd-once | sudo tee /etc/systemd/system/gex-archive.service
# Started by gex-archive.timer (gex service print systemd-timer).
[Unit]
Description=gex daemon --once
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=${commandLine(daemonCommand(installation, '--once'))}
${common(installation)}`;
}

/** The timer of the one run: every day, because the days after a session are there for what failed. */
export function systemdTimer({ due: { daemon } }: Installation): string {
  return `# gex service print systemd-timer | sudo tee /etc/systemd/system/gex-archive.timer
# sudo systemctl daemon-reload && sudo systemctl enable --now gex-archive.timer
[Unit]
Description=The daily run of gex daemon --once

[Timer]
OnCalendar=*-*-* ${clockText(daemon)}:00 ${daemon.timeZone}
# A time that passed while the machine was off or asleep is made up for.
Persistent=true
Unit=gex-archive.service

[Install]
WantedBy=timers.target
`;
}

/** No MemoryDenyWriteExecute: the compiler of Node writes code. */
function common({ user, folder, dataDir }: Installation): string {
  const state = dataDir.startsWith(STATE_ROOT)
    ? `StateDirectory=${quoted(dataDir.slice(STATE_ROOT.length))}`
    : `ReadWritePaths=${quoted(dataDir)}`;
  return `User=${user}
WorkingDirectory=${escaped(folder)}
# GEXBOT_API_KEY=... and other secrets, in a file that only root can read.
EnvironmentFile=-/etc/gex.env
SuccessExitStatus=130
TimeoutStopSec=${STOP_SECONDS}
UMask=0027
${state}
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
SystemCallArchitectures=native
`;
}

/** A value as it is: % begins a specifier. */
function escaped(text: string): string {
  return text.replaceAll('%', '%%');
}

/** One word of a list (systemd.syntax, "Quoting"). */
function quoted(word: string): string {
  const text = escaped(word);
  return /^[\w@%+=:,./$-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** A command line, in which $ begins a variable besides (systemd.service, "Command lines"). */
function commandLine(words: readonly string[]): string {
  return words.map((word) => quoted(word.replaceAll('$', '$$$$'))).join(' ');
}
