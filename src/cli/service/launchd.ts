import { join } from 'node:path';
import { daemonCommand, type Installation } from './installation.js';

/** A property list for the launchd of macOS: one run a day, made up for when the computer wakes up or starts. */
export function launchdAgent(installation: Installation): string {
  const { folder, dataDir, due } = installation;
  const words = [...daemonCommand(installation, '--once'), '--quiet'];
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- gex service print launchd > ~/Library/LaunchAgents/gex.archive.plist
     launchctl bootstrap gui/$UID ~/Library/LaunchAgents/gex.archive.plist
     The time is that of this computer's zone, here ${escaped(due.machine.timeZone)}. -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>gex.archive</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${escaped(word)}</string>`).join('\n')}
  </array>
  <key>WorkingDirectory</key>
  <string>${escaped(folder)}</string>
  <key>StartCalendarInterval</key>
  <dict>
    <key>Hour</key>
    <integer>${due.machine.hour}</integer>
    <key>Minute</key>
    <integer>${due.machine.minute}</integer>
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>StandardOutPath</key>
  <string>/dev/null</string>
  <key>StandardErrorPath</key>
  <string>${escaped(join(dataDir, 'daemon.log'))}</string>
</dict>
</plist>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
