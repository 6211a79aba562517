import { parseGroup } from '../../wire/groups.js';
import type { AckError, ClientMessage } from '../../wire/pubsub.js';
import type { Audiences } from './audiences.js';
import type { Connection } from './connection.js';

export interface CommandRules {
  readonly audiences: Audiences;
  /** Groups of one connection. */
  readonly groupLimit: number;
  /** The prefix that negotiate tells clients to use. */
  readonly prefix: string;
}

/** What a client asked for that is answered with an ack. */
type Command = Extract<ClientMessage, { readonly ackId?: number }>;

/** Whether a message is for `obey`; pings and acknowledgements are not. */
export function isCommand(message: ClientMessage): message is Command {
  return ['joinGroup', 'leaveGroup', 'sendToGroup', 'event'].includes(message.type);
}

/** Does what a client asked for and acknowledges it where it carries an ack id, each id once (contract section 5.9). */
export function obey(connection: Connection, command: Command, rules: CommandRules): void {
  const { ackId } = command;
  if (ackId !== undefined && !connection.isNewAck(ackId)) {
    const message = `Message with ack-id: ${ackId} has been processed`;
    return void connection.write(connection.codec.ack(ackId, { name: 'Duplicate', message }));
  }
  const error = perform(connection, command, rules);
  if (ackId !== undefined) connection.write(connection.codec.ack(ackId, error));
}

function perform(connection: Connection, command: Command, rules: CommandRules): AckError | undefined {
  if (command.type === 'leaveGroup') {
    if (connection.session !== undefined)
      return forbidden('The groups of this connection are set by PATCH /negotiate.');
    rules.audiences.leave(connection, command.group);
    return undefined;
  }
  if (command.type !== 'joinGroup') return forbidden('Clients of this server only receive.');
  if (connection.groups.has(command.group)) return undefined;
  const refusal = refuseJoin(connection, command.group, rules);
  if (refusal !== undefined) return forbidden(refusal);
  rules.audiences.join(connection, command.group);
  return undefined;
}

/** Why a client may not join a group on its hub; undefined when it may. */
function refuseJoin({ hub, session, groups }: Connection, name: string, rules: CommandRules): string | undefined {
  const shown = name.slice(0, SHOWN_NAME);
  const group = parseGroup(name);
  if (session !== undefined) return 'The groups of this connection are set by PATCH /negotiate.';
  if (group === undefined) return `Group "${shown}" is not a name such as ${rules.prefix}_SPX_classic_gex_full.`;
  if (group.spot) return `Group "${shown}" is for sessions negotiated with POST /negotiate.`;
  if (group.hub.name !== hub) return `Group "${shown}" belongs to hub ${group.hub.name}, not to ${hub}.`;
  if (group.prefix === undefined) return `Group "${shown}" lacks its prefix: ${rules.prefix}_${shown}.`;
  if (groups.size >= rules.groupLimit) return `A connection has at most ${rules.groupLimit} groups.`;
  return undefined;
}

/** Of a name that is echoed to its sender. */
const SHOWN_NAME = 100;

function forbidden(message: string): AckError {
  return { name: 'Forbidden', message };
}
