import type { ExplorationOrder } from '../api/wire.js';

type Bounded = Extract<ExplorationOrder['machine'], { kind: 'bounded' }>;
export type Extra = NonNullable<Bounded['also']>[number];

/** Events that the form can add, each with what it is. */
export const EXTRAS: Readonly<Record<Extra, string>> = {
  'load-root': 'KVM switches roots without running the guest between',
  invlpg: 'INVLPG of the page',
  'free-current': 'KVM drops the current root alone',
  'pcide-off': 'CR4.PCIDE is cleared and set',
  'one-pcid': 'all address spaces have PCID 1',
};

/** The order that a form makes. */
export function explorationOf(form: FormData): ExplorationOrder {
  const whole = (name: string) => Number(form.get(name));
  const also = Object.keys(EXTRAS).filter((name): name is Extra => form.has(name));
  return {
    machine: {
      kind: 'bounded',
      policy: String(form.get('policy')) as NonNullable<Bounded['policy']>,
      ...{ slots: whole('slots'), spaces: whole('spaces'), vcpus: whole('vcpus') },
      also,
    },
    ...{ depth: whole('depth'), memoryMib: whole('memoryMib') },
  };
}

/** A look at a search under way: commands that were tried, and those known to be left. */
export interface Look {
  readonly tried: number;
  readonly left: number;
}

/** Looks that are kept of one search. */
const LOOKS_MAX = 240;

/** Looks with one more. Of too many every second goes, so that the whole search stays in sight. */
export function withLook(
  looks: readonly Look[],
  { done, total }: { readonly done: number; readonly total: number | null },
): readonly Look[] {
  const tried = looks.at(-1)?.tried ?? -1;
  if (total === null || done <= tried) return looks;
  const all = [...looks, { tried: done, left: total - done }];
  return all.length <= LOOKS_MAX ? all : all.filter((_, place) => place % 2 === 0);
}
