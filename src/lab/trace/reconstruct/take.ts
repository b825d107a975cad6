import type { Fact, Stamp } from '../fact.js';
import { vmxExitNumber } from '../facts/names.js';
import { closeWindow } from './entries.js';
import { takeCrWrite, takeExit, takeProbe } from './exits.js';
import { enterL2, leaveL2 } from './nested.js';
import { invlpg, openOf, settle } from './operands.js';
import { forgetAllRoots, touch, useCr3, type VcpuTrace } from './vcpu.js';
import { remember, type VmTrace, windowOf } from './vm.js';
import { beginWalk, mappedKey, takeElement, takeFault } from './walks.js';
import { place, type Window } from './window.js';

const ENTRIES_OF_TABLE = 512;
const ENTRY_BYTES = 8;
/** Levels of a root page: 4, or 5 with LA57. */
const ROOT_LEVEL = 4;
/** Exits by which a shadowed guest's page faults come. */
const FAULT_EXITS = ['EXCEPTION_NMI', 'PAGE_FAULT'];

/** One fact of a vCPU: what it did, or what KVM did for it. */
export function takeFact(vm: VmTrace, vcpu: VcpuTrace, fact: Fact, { at }: Stamp): void {
  const window = windowOf(vm, vcpu, at);
  switch (fact.kind) {
    case 'entry':
      closeWindow(vm, vcpu, window);
      break;
    case 'exit':
      takeExit(vm, vcpu, window, fact);
      break;
    case 'cr-write':
      takeCrWrite(vm, vcpu, window, { ...fact, confidence: 'seen' });
      break;
    case 'probe':
      takeProbe(vm, vcpu, window, fact);
      break;
    case 'fault':
      if (isShadowFault(vcpu)) takeFault(vm, vcpu, window, fact);
      break;
    case 'walk':
      if (!vcpu.isInL2 || vcpu.eptp === null) beginWalk(vcpu, fact.address);
      break;
    case 'element':
      takeElement(vm, vcpu, window, fact);
      break;
    case 'page':
      takePage(vm, vcpu, window, fact);
      break;
    case 'requested':
      vcpu.requested = fact.gfn;
      break;
    case 'spte':
      takeSpte(vm, vcpu, window, fact);
      break;
    case 'tdp-spte':
      vm.hints.paging ??= 'ept';
      break;
    case 'nested-enter':
      takeNestedEntry(vm, vcpu, window, fact);
      break;
    case 'nested-inject':
      takeReflected(vcpu, window, fact.reason);
      break;
    case 'zap-all':
      place(window, { kind: 'zap-all', vcpu: vcpu.vcpu }, 'seen');
      for (const one of vm.vcpus.values()) forgetAllRoots(one);
      break;
    case 'insn':
      vcpu.insn = fact.bytes;
      break;
    case 'lost':
      tear(vm);
      break;
    case 'walk-failed':
    case 'nested-exit':
    case 'nested-failed':
      break;
  }
}

/** A fault for which KVM walks tables whose root the trace has: not one below an EPT. */
function isShadowFault({ exit, isInL2, eptp }: VcpuTrace): boolean {
  return exit !== null && FAULT_EXITS.includes(exit) && (!isInL2 || eptp === null);
}

function takePage(
  vm: VmTrace,
  vcpu: VcpuTrace,
  window: Window,
  { what, gfn, level, isDirect }: Fact & { kind: 'page' },
): void {
  const isRoot = level >= Math.max(ROOT_LEVEL, vm.hints.levels);
  switch (what) {
    case 'made':
    case 'found':
      if (!isRoot || gfn === null) return;
      if (isDirect) vm.hints.paging ??= 'ept';
      else {
        if (!vcpu.isInL2) vm.hints.paging ??= 'shadow';
        window.seen.loads.push({ gfn, isNew: what === 'made' });
        beginOn(vm, vcpu, gfn, window);
      }
      return;
    case 'synced':
      window.seen.synced.push(gfn);
      vcpu.mapped.clear();
      if (gfn !== null) vm.unsync.delete(gfn);
      return;
    case 'unsynced':
      window.seen.unsynced.push(gfn);
      if (gfn !== null) remember(vm.unsync, gfn);
      return;
    case 'zapped':
      if (gfn !== null && level === 1) vm.unsync.delete(gfn);
      return;
  }
}

/** The first root that is loaded, before any write to CR3, is the one that the guest runs on. */
function beginOn(vm: VmTrace, vcpu: VcpuTrace, gfn: number, window: Window): void {
  if (vcpu.cr3 !== null || vcpu.isInL2 || vcpu.recent.cr3.roots.length > 0) return;
  const isWritten = window.placed.some(({ command }) => command.kind === 'mov-cr3');
  if (isWritten || vcpu.exit === 'MOV_CR3') return;
  vcpu.cr3 = { page: gfn, low: 0 };
  vm.hints.cr3 ??= vcpu.cr3;
  useCr3(vcpu, vcpu.cr3, window.index);
}

/** An entry of KVM's own: where it lies tells which address an INVLPG was of. */
function takeSpte(
  vm: VmTrace,
  vcpu: VcpuTrace,
  window: Window,
  { gfn, level, at }: Fact & { kind: 'spte' },
): void {
  if (level !== 1) return;
  const index = Math.floor(at.low / ENTRY_BYTES);
  if (vcpu.exit === 'INVLPG') {
    const open = openOf(vm, vcpu, 'invlpg', window);
    const base = vcpu.sptePages.get(at.page);
    if (open === undefined || base === undefined) return;
    settle(vcpu, open, invlpg(vcpu.vcpu, { page: base + index, low: 0 }), 'inferred');
  } else if (vcpu.access !== null && gfn === vcpu.requested) {
    const { page } = vcpu.access.address;
    if (page % ENTRIES_OF_TABLE === index) remember(vcpu.sptePages, at.page, page - index);
    vcpu.requested = null;
  }
  const base = vcpu.sptePages.get(at.page);
  if (base === undefined || vcpu.cr3 === null || vcpu.cr3From !== null) return;
  remember(vcpu.mapped, mappedKey(vcpu.cr3.page, base + index));
}

function takeNestedEntry(
  vm: VmTrace,
  vcpu: VcpuTrace,
  window: Window,
  fact: Fact & { kind: 'nested-enter' },
): void {
  enterL2(vm, vcpu, window, fact);
  const { eptp } = fact;
  const root = eptp ?? fact.cr3;
  if (root === null) return;
  const usedIn = eptp
    ? touch(vcpu.recent.eptp, root, window.index)
    : useCr3(vcpu, root, window.index);
  if (usedIn !== null) vcpu.expected.push({ root, usedIn, kind: eptp ? 'invept' : 'invpcid' });
}

/** The exit was L1's to handle: KVM did nothing for it but hand it on. */
function takeReflected(vcpu: VcpuTrace, window: Window, reason: string): void {
  vcpu.open = vcpu.open.filter((one) => one.window !== window);
  for (let at = window.placed.length - 1; at >= 0; at -= 1) {
    const { kind } = (window.placed[at] as Window['placed'][number]).command;
    if (['invlpg', 'invpcid', 'invept', 'invvpid', 'mov-from-cr3'].includes(kind)) {
      window.placed.splice(at, 1);
    }
  }
  vcpu.exit = 'REFLECTED';
  leaveL2(vcpu, window, vmxExitNumber(reason));
}

/** Events are missing: nothing follows from what is not there. */
function tear(vm: VmTrace): void {
  for (const vcpu of vm.vcpus.values()) {
    if (vcpu.window !== null) vcpu.window.isTorn = true;
    forgetAllRoots(vcpu);
    vcpu.open = [];
    vcpu.expected.length = 0;
  }
}
