import { OPTIONS, type OptionKey, type OptionTable, type Settings } from '../../config/table.js';
import type { CommandCall } from '../command.js';

const TABLE: OptionTable = OPTIONS;

/** Prints every option that a layer below the flags can set: value, layer, place. Secret values are `***`. */
export async function run({ settings, origins, out }: CommandCall): Promise<void> {
  const keys = (Object.keys(OPTIONS) as OptionKey[]).filter((key) => TABLE[key]?.env !== undefined);
  if (out.json) {
    const options = keys.map((key) => ({ option: nameOf(key), value: shownValue(key, settings), ...origins[key] }));
    return out.object({ schema: 'gex-config/1', options });
  }
  await out.table({
    head: ['option', 'value', 'layer', 'place'],
    rows: keys.map((key) => {
      const value = shownValue(key, settings) ?? `(${TABLE[key]?.otherwise ?? 'none'})`;
      return [nameOf(key), value, origins[key].layer, origins[key].place];
    }),
  });
}

/** As in the YAML file; the option that names that file goes by its flag. */
function nameOf(key: OptionKey): string {
  return TABLE[key]?.yaml ?? OPTIONS[key].flag;
}

function shownValue(key: OptionKey, settings: Settings): string | null {
  const row = TABLE[key];
  const value = settings[key];
  if (row === undefined || value === undefined) return null;
  return row.secret ? '***' : row.type.format(value);
}
