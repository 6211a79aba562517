import { clockText } from './daily-time.js';
import { daemonCommand, type Installation } from './installation.js';

/** A line for `crontab -e`, with what it means as comments. */
export function crontabLine(installation: Installation): string {
  const { folder, due } = installation;
  const { machine, daemon } = due;
  const words = [...daemonCommand(installation, '--once'), '--quiet'].map(quoted).join(' ');
  const command = `cd ${quoted(folder)} && ${words} > /dev/null`;
  return `# cron counts in the zone of the machine, here ${machine.timeZone}: at ${clockText(machine)} the run of every session is due, in summer and winter.
# Where cron knows CRON_TZ (cronie; Debian's does not), CRON_TZ=${daemon.timeZone} and ${daemon.minute} ${daemon.hour} say the same.
# Every day, because the days after a session are there for what failed; cron mails the errors.
${machine.minute} ${machine.hour} * * * ${command.replaceAll('%', '\\%')}
`;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
