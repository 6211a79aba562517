import type { DeliveryLimits } from '../../io/deliver.js';
import type { NotifyMessage } from '../notify-message.js';

/** One way to reach the user. */
export interface Channel {
  readonly name: 'ntfy' | 'webhook' | 'email';
  /** Where messages go, free of secrets. */
  readonly to: string;
  /** Throws `auth` or `upstream` when the message does not arrive. */
  send(message: NotifyMessage, limits: DeliveryLimits): Promise<void>;
}
