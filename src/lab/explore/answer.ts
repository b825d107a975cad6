import type { OpenedVm } from '../../mmu/index.js';
import type { Outcome } from '../../mmu/schema/index.js';
import type { Answer } from './store/deeds.js';

/** The answer of a command that was carried out on a VM which is not settled yet. */
export function answerOf({ vcpus }: OpenedVm, outcome: Outcome): Answer {
  const costs = vcpus.flatMap(({ core }) => {
    // Nothing was done on a vCPU that nobody has looked at.
    if (core === null) return [0, 0, 0, 0];
    const { loaded, synced, tlbFlush, exits } = core.counters;
    return [loaded, synced, tlbFlush, exits];
  });
  return { words: JSON.stringify(outcome), costs };
}

/** Violations of each vCPU since the VM was settled, as a text to compare. */
export function violationsOf({ vm, vcpus }: OpenedVm): string {
  return vcpus.map((_, index) => vm.oracle?.vcpus[index]?.violations ?? 0).join();
}

/** Whether such a text tells of none. */
export function isClean(violations: string): boolean {
  return !/[1-9]/.test(violations);
}
