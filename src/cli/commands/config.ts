import { OPTIONS, type OptionKey, type OptionTable } from '../../config/table.js';
import type { CommandCall } from '../command.js';

const TABLE: OptionTable = OPTIONS;

/** Prints every option that a layer below the flags can set: value, layer, place. Secret values are `***`. */
export async function run({ settings, origins, out }: CommandCall): Promise<void> {
  const keys = (Object.keys(OPTIONS) as OptionKey[]).filter((key) => TABLE[key]?.env !== undefined);
  if (out.json) {
    const options = keys.map((key) => ({
      key,
      value: TABLE[key]?.secret && settings[key] !== undefined ? '***' : (settings[key] ?? null),
      ...origins[key],
    }));
    return out.object({ schema: 'gex-config/1', options });
  }
  await out.table({
    head: ['option', 'value', 'layer', 'place'],
    rows: keys.map((key) => [key, valueText(key, settings[key]), origins[key].layer, origins[key].place]),
  });
}

function valueText(key: OptionKey, value: unknown): string {
  const row = TABLE[key];
  if (value === undefined || !row) return '';
  return row.secret ? '***' : row.type.format(value);
}
