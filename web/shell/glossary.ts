/** A word of the glossary. */
export interface Entry {
  readonly term: string;
  readonly meaning: string;
  /** The kernel's or the manual's name for it, or `mmulab`. */
  readonly source: string;
}

const ROW = /^\| (\S[^|]*) \| ([^|]+) \| ([^|]+) \| `[^`|]+` \|$/gm;

/** Entries of docs/glossary.md, whose table is the one home of our words. */
export function entriesOf(markdown: string): readonly Entry[] {
  return [...markdown.matchAll(ROW)].map(([, term = '', meaning = '', source = '']) => ({
    term,
    meaning,
    source,
  }));
}

/** Loads the glossary when it is first asked for. */
export async function loadGlossary(): Promise<readonly Entry[]> {
  return entriesOf((await import('../../docs/glossary.md?raw')).default);
}
