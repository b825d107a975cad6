import { KERNEL_VERSIONS, POLICIES, POLICY_NAMES } from '../../mmu/index.js';
import type { Machine } from './guest.js';
import { GUEST_NAMES } from './guests/index.js';
import type { Trial } from './trial.js';

/** The proposals as mailed are left out: they have the holes that they are shown for. */
export const SOUND_POLICIES = POLICY_NAMES.filter((name) => POLICIES[name].isSound);

const PAGINGS = ['shadow', 'ept'] as const;

/** Trials before each machine had each guest once, on one vCPU or on two. */
export const ROUND = machines().length * GUEST_NAMES.length;

/** Machines and guests in turn, without end, with a round on one vCPU and the next on two. */
export function* trialsOf(seed: number): Generator<Trial, never> {
  for (let nth = 0; ; ) {
    const vcpus = 1 + (Math.floor(nth / ROUND) % 2);
    for (const machine of machines()) {
      for (const guest of GUEST_NAMES) {
        yield { guest, ...machine, vcpus, seed: seed + nth };
        nth += 1;
      }
    }
  }
}

/** Every policy under every kernel and paging. */
function machines(): Omit<Machine, 'vcpus'>[] {
  return KERNEL_VERSIONS.flatMap((kernel) =>
    SOUND_POLICIES.flatMap((policy) => PAGINGS.map((paging) => ({ kernel, policy, paging }))),
  );
}
