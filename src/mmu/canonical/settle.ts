import { isWatched } from '../oracle/index.js';
import type { Vm } from '../state/index.js';
import { hasForgotten } from './dead-past.js';
import type { Futures } from './futures.js';
import { settleOracle } from './oracle.js';
import { settlePages } from './pages.js';
import { settleVcpu } from './vcpu.js';

/** A state whose oracle had to forget, so that its times mean more than their order. */
export class OracleForgot extends Error {
  override readonly name = 'OracleForgot';
}

/**
 * Makes a VM the one that stands for all which go on alike: the same commands have the same
 * outcomes and violations from here on, and lead to states that are alike again. Its names of
 * pages and frames, its clock and its counts are new; the text of a violation cannot say any more
 * which command was to blame.
 *
 * docs/adr/0021-what-a-state-is.md lists the parts that are left out, and why that is sound.
 *
 * @param futures What the guest may still do. The less it may, the more states are alike.
 * @throws {OracleForgot} If the oracle has forgotten anything: its bounds were met.
 */
export function settle(vm: Vm, futures: Futures): void {
  settlePages(vm);
  for (const vcpu of vm.vcpus) settleVcpu(vcpu);
  settleMemories(vm, futures);
}

/**
 * The oracle's part of {@link settle}: memory, registers and modes must not change any more.
 *
 * @throws {OracleForgot} If it has forgotten anything.
 */
export function settleMemories(vm: Vm, futures: Futures): void {
  if (!isWatched(vm)) return;
  if (hasForgotten(vm.oracle)) throw new OracleForgot();
  settleOracle(vm, futures);
}
