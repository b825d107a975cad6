import {
  bitsOf,
  flushedPages,
  HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES,
  HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY,
  HV_STATUS_SUCCESS,
  hasBit,
  isForVp,
  isListFlush,
  isPcide,
  pcidOf,
  type Word,
  ZERO,
} from '../machine/index.js';
import type { CommandOf } from '../schema/index.js';
import type { Moment, Vcpu, VirtualTlb } from '../state/index.js';
import {
  dropGlobalPage,
  dropNonGlobal,
  dropPcid,
  dropPcidAndGlobals,
  dropPcidPage,
  dropVpid,
  dropVpidPage,
  PAGES_MAX,
} from './drop.js';
import { momentNow } from './moments.js';
import { countMemories } from './room.js';
import type { WatchedVm } from './watched-vm.js';

/** The VPID of L1, whose flushes these are. */
const L1 = 0;

/**
 * A guest was promised that other vCPUs use nothing older than now: that is what a flush is for. The
 * vCPUs that it must still interrupt flush by themselves.
 *
 * @param left Mask of the vCPUs that it must interrupt.
 */
export function pvFlush(vm: WatchedVm, { vcpus }: CommandOf<'pv-flush'>, left: Word = ZERO): void {
  for (const index of vcpus) {
    if (hasBit(left, index)) continue;
    onTarget(vm, index, (vtlb, moment) => dropVpid(vtlb, L1, moment));
  }
}

/**
 * The same by a hypercall, of the address spaces and pages that it names.
 *
 * @param result Nothing was promised if it failed.
 */
export function hvFlush(vm: WatchedVm, flush: CommandOf<'hv-flush'>, result: Word = ZERO): void {
  if (bitsOf(result, { high: 15, low: 0 }) !== HV_STATUS_SUCCESS) return;
  for (const vcpu of vm.vcpus) {
    if (!isForVp(flush, vcpu.index)) continue;
    onTarget(vm, vcpu.index, (vtlb, moment) => {
      if (isListFlush(flush.call)) dropList(vtlb, vcpu, flush, moment);
      else dropSpace(vtlb, vcpu, flush, moment);
    });
  }
}

/** A vCPU that no command has reached has cached nothing. */
function onTarget(
  { oracle }: WatchedVm,
  index: number,
  drop: (vtlb: VirtualTlb, moment: Moment) => void,
): void {
  const vtlb = oracle.vcpus[index] ?? null;
  if (vtlb === null) return;
  drop(vtlb, momentNow(oracle));
  countMemories(oracle, vtlb);
}

function dropSpace(
  vtlb: VirtualTlb,
  vcpu: Vcpu,
  flush: CommandOf<'hv-flush'>,
  moment: Moment,
): void {
  const globals = (flush.flags & HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY) === 0;
  if ((flush.flags & HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES) !== 0) {
    if (globals) dropVpid(vtlb, L1, moment);
    else dropNonGlobal(vtlb, L1, moment);
    return;
  }
  const tag = tagOf(vcpu, flush);
  if (tag === null) return;
  if (globals) dropPcidAndGlobals(vtlb, tag, moment);
  else dropPcid(vtlb, tag, moment);
}

/** Of more pages than are remembered the rest is not asked for. */
function dropList(
  vtlb: VirtualTlb,
  vcpu: Vcpu,
  flush: CommandOf<'hv-flush'>,
  moment: Moment,
): void {
  const globals = (flush.flags & HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY) === 0;
  const all = (flush.flags & HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES) !== 0;
  const tag = tagOf(vcpu, flush);
  for (const page of pagesOf(flush.gvas)) {
    if (all && globals) dropVpidPage(vtlb, { vpid: L1, page }, moment);
    else if (tag !== null) {
      dropPcidPage(vtlb, { ...tag, page }, moment);
      if (globals) dropGlobalPage(vtlb, { vpid: L1, page }, moment);
    }
  }
}

function pagesOf(gvas: readonly Word[]): number[] {
  const pages: number[] = [];
  for (const gva of gvas) {
    const { first, count } = flushedPages(gva);
    for (let i = 0; i < count && pages.length < PAGES_MAX; i += 1) pages.push(first + i);
  }
  return pages;
}

/** The tag of the address space that is named; null while L2 runs, whose CR4 is not L1's. */
function tagOf(
  { regs, nested }: Vcpu,
  { addressSpace }: CommandOf<'hv-flush'>,
): { vpid: number; pcid: number } | null {
  if (nested.guestMode) return null;
  return { vpid: L1, pcid: pcidOf(addressSpace, isPcide(regs)) };
}
