import { option } from '../option.js';
import { text, whole } from '../values.js';

/** Where what is recorded is told to other processes: every command that records live. */
export const BUS_ROWS = {
  busUrl: option({
    flag: '--bus-url',
    env: 'BUS_URL',
    yaml: 'bus.url',
    type: text('URL', 'memory:, or an address such as redis://127.0.0.1:6379'),
    otherwise: 'memory:',
    description:
      'bus that other processes read records from: memory: (none), or Redis Streams at redis:// or rediss://',
    secret: true,
  }),
  busMaxMessages: option({
    flag: '--bus-max-messages',
    env: 'BUS_MAX_MESSAGES',
    yaml: 'bus.max_messages',
    type: whole('N', 100, 10_000_000),
    default: 10_000,
    description: 'messages of a topic that the bus keeps, about; older ones are dropped',
  }),
} as const;

/** Options of every command that publishes. */
export const BUS_KEYS = ['busUrl', 'busMaxMessages'] as const satisfies readonly (keyof typeof BUS_ROWS)[];
