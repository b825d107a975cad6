/** Files that are often at hand where a trace is meant, by their first bytes. */
const FOREIGN: readonly (readonly [first: string, what: string])[] = [
  ['PERFILE2', 'it is a perf.data; `perf script` makes a text of it'],
  ['\xfd7zXZ\0', 'it is packed by xz; unpack it first: xz -dc FILE | mmulab score -'],
  ['BZh', 'it is packed by bzip2; unpack it first: bzip2 -dc FILE | mmulab score -'],
  ['\x04\x22\x4d\x18', 'it is packed by lz4; unpack it first: lz4 -dc FILE | mmulab score -'],
  ['PK\x03\x04', 'it is an archive by zip; unpack it first'],
];

/** Bytes by which a file is told. */
export const FOREIGN_BYTES = Math.max(...FOREIGN.map(([first]) => first.length));

/** Sentence on a file that nobody here reads, and on what to do with it; null for a text. */
export function foreignOf(beginning: string): string | null {
  return FOREIGN.find(([first]) => beginning.startsWith(first))?.[1] ?? null;
}
