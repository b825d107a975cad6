import {
  createVirtualTlb,
  type Oracle,
  type Vcpu,
  type VirtualTlb,
  type Vm,
} from '../state/index.js';
import { contextOf } from './context.js';
import { countMemories } from './room.js';

/** A VM that is watched. */
export type WatchedVm = Vm & { readonly oracle: Oracle };

export function isWatched(vm: Vm): vm is WatchedVm {
  return vm.oracle !== null;
}

/** The virtual TLB of a vCPU; a new one, which is not kept, if no command has reached it. */
export function vtlbOf({ config, oracle }: WatchedVm, vcpu: Vcpu): VirtualTlb {
  return oracle.vcpus[vcpu.index] ?? createVirtualTlb(contextOf(config, vcpu));
}

/** The same, kept from now on: a command has come. */
export function keepVtlb(vm: WatchedVm, vcpu: Vcpu): VirtualTlb {
  const { vcpus } = vm.oracle;
  const known = vcpus[vcpu.index] ?? null;
  if (known !== null) return known;
  const vtlb = vtlbOf(vm, vcpu);
  vcpus[vcpu.index] = vtlb;
  countMemories(vm.oracle, vtlb);
  return vtlb;
}
