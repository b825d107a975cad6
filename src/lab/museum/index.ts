import {
  DEFECT_NAMES,
  type Exhibit as Defect,
  type DefectName,
  exhibitOf,
  type KernelVersion,
  type PolicyName,
} from '../../mmu/index.js';
import type { CommandInput } from '../../mmu/schema/index.js';
import { judgeOf } from './judges.js';
import { type Catch, type Judge, play } from './run.js';
import type { Scene } from './scene.js';
import { HISTORIC_SCENES } from './scenes/historic.js';
import { TRAPS } from './scenes/posted.js';
import { REQUEST_SCENES } from './scenes/requests.js';
import { ROOT_SCENES } from './scenes/roots.js';
import { SHADOW_SCENES } from './scenes/shadow.js';
import { TO_THIS_DAY } from './scenes/to-this-day.js';

export * from './acts.js';
export { type Catch, JUDGES, type Judge, play } from './run.js';
export type { Act, Scene } from './scene.js';
export * from './stages.js';

/** A mistake, and the commands that catch it. */
export interface Exhibit extends Omit<Defect, 'rules'> {
  readonly name: string;
  /** What of the scene's configuration makes it go wrong, and what leaves it right. */
  readonly amiss: Switch;
  readonly sound: Switch;
  readonly scene: Scene;
  /** Who is to catch it. */
  readonly judge: Judge;
}

/** The part of a configuration that an exhibit is about. */
export type Switch =
  | { readonly defects: [DefectName] | [] }
  | { readonly policy: PolicyName }
  | { readonly kernel: KernelVersion }
  | { readonly paging: 'ept' };

/** The scene of every defect. */
const BUGS: Record<DefectName, Scene> = {
  ...HISTORIC_SCENES,
  ...ROOT_SCENES,
  ...REQUEST_SCENES,
  ...SHADOW_SCENES,
};

/** Every exhibit: holes of mainline, the proposals as mailed, bugs that KVM had, mutants. */
export const MUSEUM: readonly Exhibit[] = [
  ...Object.entries(TO_THIS_DAY).map(([name, { policy, ...hole }]) => ({
    ...hole,
    name,
    amiss: { policy },
    judge: judgeOf(name),
  })),
  ...Object.entries(TRAPS).map(([name, { policy, sound, ...trap }]) => ({
    ...trap,
    name,
    amiss: { policy },
    sound: { policy: sound },
    judge: judgeOf(name),
  })),
  ...DEFECT_NAMES.map((name): Exhibit => {
    const { title, source, what, where } = exhibitOf(name);
    const scene = BUGS[name];
    return {
      name,
      title,
      source,
      what,
      where,
      amiss: { defects: [name] },
      sound: { defects: [] },
      judge: judgeOf(name),
      scene,
    };
  }),
];

/** What came of showing an exhibit. */
export interface Shown {
  readonly exhibit: Exhibit;
  /** By whom the mistake was caught; null if it escaped. */
  readonly caught: Catch | null;
  /** What a judge says of the same scene without the mistake: null, or something is wrong. */
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
