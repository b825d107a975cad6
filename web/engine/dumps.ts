import {
  allowedStateOf,
  explainLookup,
  guestWalkOf,
  isWatched,
  shadowPageAt,
  shadowPageStateOf,
  shadowPagesOf,
  sptesOf,
  tlbStateOf,
  type Vcpu,
  type Vm,
  vcpuStateOf,
} from '../../src/mmu/index.js';
import {
  AllowedState,
  Hex64,
  LookupState,
  PhysicalAddress,
  ShadowPageState,
  SpteState,
  TlbState,
  VcpuState,
  WalkState,
} from '../../src/mmu/schema/index.js';
import type { ShadowPageList, WireTlb, WireVcpu } from '../api/wire.js';
import type { ShadowPageDump, WireAllowed, WireLookup, WireWalk } from '../model/moments.js';

/** Entries of a TLB, and shadow pages below a root, in one answer at most. */
const TLB_ENTRIES_MAX = 1024;
const SHADOW_PAGES_MAX = 512;

/** The parts of a machine as a server tells them. */
export function vcpuDump(vm: Vm, vcpu: number): WireVcpu {
  return VcpuState.encode(vcpuStateOf(vm, vcpuOf(vm, vcpu)));
}

export function walkDump(vm: Vm, vcpu: number, gva: string): WireWalk {
  return WalkState.encode(guestWalkOf(vm, vcpuOf(vm, vcpu), Hex64.decode(gva)));
}

export function tlbDump(vm: Vm, vcpu: number): WireTlb {
  return TlbState.encode(tlbStateOf(vcpuOf(vm, vcpu), { skip: 0, limit: TLB_ENTRIES_MAX }));
}

/** Null where no oracle judges. */
export function allowedDump(vm: Vm, vcpu: number, gva: string): WireAllowed | null {
  if (!isWatched(vm)) return null;
  return AllowedState.encode(allowedStateOf(vm, vcpuOf(vm, vcpu), Hex64.decode(gva)));
}

export function lookupDump(vm: Vm, vcpu: number, pgd: string): WireLookup {
  const of = vcpuOf(vm, vcpu);
  const lookup = { pgd: Hex64.decode(pgd), mmu: of.mmu.name };
  return LookupState.encode(explainLookup(vm, of, lookup));
}

export function shadowPagesDump(vm: Vm, root: string): ShadowPageList {
  const found = shadowPagesOf(vm, { root: PhysicalAddress.decode(root) }) ?? [];
  const shown = found.slice(0, SHADOW_PAGES_MAX);
  return {
    pages: shown.map((page) => ShadowPageState.encode(shadowPageStateOf(vm, page))),
    total: found.length,
  };
}

export function shadowPageDump(vm: Vm, hpa: string): ShadowPageDump | null {
  const page = shadowPageAt(vm, PhysicalAddress.decode(hpa));
  if (page === null) return null;
  return {
    page: ShadowPageState.encode(shadowPageStateOf(vm, page)),
    entries: sptesOf(vm, page).map((spte) => SpteState.encode(spte)),
  };
}

function vcpuOf(vm: Vm, index: number): Vcpu {
  const vcpu = vm.vcpus[index];
  if (vcpu === undefined) throw new Error(`Cannot show vCPU ${index}: there is none`);
  return vcpu;
}
