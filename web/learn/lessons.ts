/** A page of docs/ that is run in the page. */
export interface LessonPage {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly load: () => Promise<string>;
}

/** The lessons, in the order to read them. The text of each is the page of docs/, and no copy. */
export const LESSONS: readonly LessonPage[] = [
  {
    name: 'free-or-mark',
    title: 'Free or mark?',
    about:
      'A guest invalidates a PCID and comes back to it. What does KVM pay, and what may go wrong?',
    load: async () => (await import('../../docs/tutorial.md?raw')).default,
  },
  {
    name: 'a-stale-read',
    title: 'A stale read',
    about:
      'A guest edits a page-table entry, and goes on reading the old page until it says INVLPG.',
    load: async () => (await import('../../docs/tutorial-shadow.md?raw')).default,
  },
];
