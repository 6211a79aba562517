import type { RecordFile } from './read.js';

/** Record files of several days, in their order, as one line of records. Closing it closes them. */
export function joinFiles(files: readonly [RecordFile, ...RecordFile[]]): RecordFile {
  const [first, ...more] = files;
  if (more.length === 0) return first;
  const starts: number[] = [];
  let length = 0;
  for (const file of files) {
    starts.push(length);
    length += file.length;
  }
  const path = `${first.path} and ${more.length} more`;
  const at = <T>(i: number, read: (file: RecordFile, own: number) => T): T => {
    let day = files.length - 1;
    while (day > 0 && i < (starts[day] as number)) day--;
    return read(files[day] as RecordFile, i - (starts[day] as number));
  };
  return {
    path,
    length,
    bytes: files.reduce((total, file) => total + file.bytes, 0),
    tornBytes: files.reduce((total, file) => total + file.tornBytes, 0),
    line: (i) => at(i, (file, own) => file.line(own)),
    timestampMs: (i) => at(i, (file, own) => file.timestampMs(own)),
    indexAt: async (ms) => {
      for (const [day, file] of files.entries()) {
        const own = await file.indexAt(ms);
        if (own < file.length) return (starts[day] as number) + own;
      }
      return length;
    },
    close: async () => {
      await Promise.all(files.map((file) => file.close()));
    },
  };
}
