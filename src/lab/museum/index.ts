import { DEFECT_NAMES, DEFECTS } from '../../mmu/index.js';
import type { Scene } from '../../mmu/scenes/index.js';
import type { CommandInput } from '../../mmu/schema/index.js';
import type { Exhibit, Hall, Unnamed } from './exhibit.js';
import { HOLES, TRAPS } from './exhibits/index.js';
import { type Catch, play } from './run.js';

export { type Exhibit, HALLS, type Hall } from './exhibit.js';
export { isInLifetime, lifetimeText } from './lifetime.js';
export { type Catch, play } from './run.js';

/** Every exhibit: holes of mainline, the proposals as mailed, bugs that KVM had, mutants. */
export const MUSEUM: readonly Exhibit[] = [
  ...named(HOLES, 'hole'),
  ...named(TRAPS, 'trap'),
  ...DEFECT_NAMES.map((name): Exhibit => {
    const { rules: _rules, seams: _seams, ...mistake } = DEFECTS[name];
    const hall = mistake.source === 'mutant' ? 'mutant' : 'bug';
    return { ...mistake, name, hall, amiss: { defects: [name] }, sound: { defects: [] } };
  }),
];

function named(exhibits: Readonly<Record<string, Unnamed>>, hall: Hall): Exhibit[] {
  return Object.entries(exhibits).map(([name, exhibit]) => ({ ...exhibit, name, hall }));
}

/** An exhibit with the findings of its two performances. */
export interface Shown {
  readonly exhibit: Exhibit;
  /** The judge that caught the mistake; null if it escaped. */
  readonly caught: Catch | null;
  /** A finding about the same scene without the mistake: null, unless something is wrong. */
  readonly uncalled: Catch | null;
}

/** All commands of a scene, in order. */
export function commandsOf({ stage, acts }: Scene): CommandInput[] {
  return [...stage, ...acts.map(({ command }) => command)];
}

/** Plays an exhibit's scene, with the mistake and without. */
export function show(exhibit: Exhibit): Shown {
  const { scene, amiss, sound } = exhibit;
  return { exhibit, caught: play(scene, amiss), uncalled: play(scene, sound) };
}

export function isAsItShouldBe({ exhibit, caught, uncalled }: Shown): boolean {
  return caught?.by === exhibit.judge && uncalled === null;
}
