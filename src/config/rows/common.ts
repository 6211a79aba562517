import { option, toggle } from '../option.js';
import { oneOf, text } from '../values.js';

/** Options of every command, and those that several share. */
export const COMMON_ROWS = {
  json: toggle({ flag: '--json', description: 'print exactly one JSON object on stdout' }),
  config: option({
    flag: '--config',
    env: 'GEX_CONFIG',
    type: text('FILE', 'the path of a YAML file'),
    otherwise: 'configs/default.yaml where it exists',
    description: 'YAML file with option values',
  }),
  calendarFile: option({
    flag: '--calendar-file',
    env: 'GEX_CALENDAR_FILE',
    yaml: 'calendar_file',
    type: text('FILE', 'the path of a YAML or JSON list of special days'),
    otherwise: 'the special days known to this release',
    description: 'special days of the exchange, over the known ones',
  }),
  logLevel: option({
    flag: '--log-level',
    env: 'GEX_LOG_LEVEL',
    yaml: 'log.level',
    yamlAlso: ['logging.level'],
    type: oneOf('LEVEL', ['debug', 'info', 'warn', 'error', 'silent']),
    default: 'info',
    description: 'least severe log lines to print on stderr',
  }),
  verbose: toggle({ flag: '--verbose', short: '-v', description: 'the same as --log-level debug' }),
  quiet: toggle({ flag: '--quiet', short: '-q', description: 'only errors on stderr, no progress' }),
  noColor: toggle({
    flag: '--no-color',
    description: 'no colours (also NO_COLOR; FORCE_COLOR=1 turns them on in pipes)',
  }),
  dataDir: option({
    flag: '--data-dir',
    env: 'DATA_DIR',
    yaml: 'data_dir',
    yamlAlso: ['output.directory'],
    type: text('FOLDER', 'the path of a folder'),
    default: './data',
    description: 'folder of the archive and of gex.db',
  }),
} as const;
