/** Characters of a caller's text that an error repeats. */
const SHOWN = 120;

/** A caller's text as an error repeats it: in quotes, and only the beginning of a long one. */
export function quoted(text: string): string {
  return `"${text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}...`}"`;
}
