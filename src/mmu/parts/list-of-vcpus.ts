import type { Vcpu, Vm } from '../state/index.js';
import type { OpenedVcpu } from './opened-vcpu.js';

/** The vCPUs of a VM, of which each is made when it is looked at. */
export function listOf(vcpus: readonly OpenedVcpu[]): Vm['vcpus'] {
  const [only, ...others] = vcpus;
  // A single one is made whenever a state is opened.
  if (only !== undefined && others.length === 0) return [only.vessel];
  const list: Vcpu[] = [];
  for (const [index, opened] of vcpus.entries()) {
    Object.defineProperty(list, index, { get: () => opened.vcpu, enumerable: true });
  }
  return list;
}
