/** A piece of work of one vCPU. */
export interface Section {
  readonly cycles: number;
  /** Whether `mmu_lock` is held. */
  readonly isLocked: boolean;
  /** vCPUs that are made to leave the guest at its end. */
  readonly kicked: readonly number[];
}

/** Work that waits, first come, first served. What is in front of `head` is done. */
export interface Queue {
  readonly sections: Section[];
  head: number;
}

/** Sections that are done before the rest are moved: to take one off the front moves all. */
const DONE_MAX = 1024;

export function createQueue(): Queue {
  return { sections: [], head: 0 };
}

export function isEmpty({ sections, head }: Queue): boolean {
  return head === sections.length;
}

export function put({ sections }: Queue, section: Section): void {
  sections.push(section);
}

/** Takes the first section. @param queue Not empty. */
export function take(queue: Queue): Section {
  const { sections } = queue;
  const section = sections[queue.head] as Section;
  queue.head += 1;
  if (queue.head === DONE_MAX) {
    sections.splice(0, DONE_MAX);
    queue.head = 0;
  }
  return section;
}

export function copyOf({ sections, head }: Queue): Queue {
  return { sections: sections.slice(head), head: 0 };
}
