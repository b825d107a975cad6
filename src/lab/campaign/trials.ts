import { KERNEL_VERSIONS, POLICY_NAMES } from '../../mmu/index.js';
import type { Trial } from './run.js';

/** Every policy but those as mailed, which have the holes that they are shown for. */
export const SOUND_POLICIES = POLICY_NAMES.filter((name) => !name.endsWith('-posted'));

/** Machines in turn, without end: every policy under every kernel and paging, on one vCPU and two. */
export function* trialsOf(seed: number): Generator<Trial> {
  for (let round = 0; ; round += 1) {
    let nth = 0;
    for (const kernel of KERNEL_VERSIONS) {
      for (const policy of SOUND_POLICIES) {
        for (const paging of ['shadow', 'ept'] as const) {
          nth += 1;
          yield { policy, kernel, paging, vcpus: 1 + (round % 2), seed: seed + round * 1000 + nth };
        }
      }
    }
  }
}
