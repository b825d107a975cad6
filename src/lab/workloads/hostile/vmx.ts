import { wordFromNumber } from '../../../mmu/index.js';
import type { Command } from '../../../mmu/schema/index.js';
import type { Chance } from '../chance.js';
import {
  invept,
  invvpid,
  type VmcsField,
  vmclear,
  vmptrld,
  vmwrite,
  vmxon,
} from '../guest/vmx-instructions.js';
import type { Word } from '../planned.js';
import { EPT, ROOTS } from './layout.js';

/** Regions of each vCPU: one for VMXON, and VMCSs. No other vCPU touches them. */
const REGIONS = 0x1000;
const REGIONS_PER_VCPU = 4;

/**
 * VMX instructions, whatever came before them. Whether L2 runs is not known, so it never leaves by
 * the command `vmexit`: in L2 any of these instructions ends in L1.
 */
export function hostileVmx(vcpu: number, chance: Chance): Iterable<Command> {
  switch (chance.weighed({ run: 3, one: 4 })) {
    case 'run':
      return runL2(vcpu, chance);
    case 'one':
      return [oneOf(vcpu, chance)];
  }
}

/** The commands that enter L2, with now and then an entry before that fails late. */
function* runL2(vcpu: number, chance: Chance): Generator<Command> {
  const cr3 = { page: chance.of(ROOTS), low: chance.below(3) };
  yield leaveL2(vcpu);
  yield vmxon(vcpu, regionOf(vcpu));
  if (chance.percent(30)) yield vmclear(vcpu, regionOf(vcpu) + 1);
  yield vmptrld(vcpu, regionOf(vcpu) + 1);
  yield vmwrite(
    vcpu,
    'SECONDARY_VM_EXEC_CONTROL',
    wordFromNumber(chance.of([0x22, 0x22, 0x20, 0])),
  );
  yield vmwrite(vcpu, 'VIRTUAL_PROCESSOR_ID', wordFromNumber(1 + chance.below(2)));
  yield vmwrite(vcpu, 'EPT_POINTER', { page: EPT, low: chance.of([0x1e, 0x5e]) });
  if (chance.percent(20)) {
    yield vmwrite(vcpu, 'GUEST_CR3', { page: 2 ** 38, low: 0 });
    yield { kind: chance.of(['vmlaunch', 'vmresume']), vcpu };
  }
  yield vmwrite(vcpu, 'GUEST_CR3', cr3);
  yield { kind: chance.of(['vmlaunch', 'vmresume', 'vmresume']), vcpu };
}

function oneOf(vcpu: number, chance: Chance): Command {
  const vmcs = regionOf(vcpu) + 1 + chance.below(2);
  switch (
    chance.weighed({ enter: 8, vmwrite: 6, vmptrld: 4, vmxon: 3, invept: 3, invvpid: 3, rest: 2 })
  ) {
    case 'enter':
      return { kind: chance.of(['vmlaunch', 'vmresume', 'vmresume']), vcpu };
    case 'vmwrite':
      return vmwriteOf(vcpu, chance);
    case 'vmptrld':
      return vmptrld(vcpu, vmcs);
    case 'vmxon':
      return vmxon(vcpu, regionOf(vcpu));
    case 'invept':
      return invept(vcpu, chance.of([1, 1, 2, 3]), anyEptp(chance));
    case 'invvpid':
      return invvpid(vcpu, chance.below(5), chance.of([0, 1, 2, 0x10000]));
    case 'rest':
      return restOf(vcpu, vmcs, chance);
  }
}

/** First VMCS region of a vCPU. */
function regionOf(vcpu: number): number {
  return REGIONS + vcpu * REGIONS_PER_VCPU;
}

/** Leaves L2 for L1, if L2 runs; else a VMCS is loaded, or VMX is off and it is #UD. */
export function leaveL2(vcpu: number): Command {
  return vmptrld(vcpu, regionOf(vcpu) + 1);
}

/** Controls with and without EPT and VPID, and CR3s of L2 that are legal or not. */
function vmwriteOf(vcpu: number, chance: Chance): Command {
  const values: readonly (readonly [VmcsField, Word])[] = [
    ['SECONDARY_VM_EXEC_CONTROL', wordFromNumber(chance.of([0, 0x2, 0x20, 0x22, 0x22]))],
    ['EPT_POINTER', anyEptp(chance)],
    ['VIRTUAL_PROCESSOR_ID', wordFromNumber(chance.of([0, 1, 2]))],
    ['GUEST_CR3', { page: chance.of([...ROOTS, 2 ** 38]), low: chance.below(3) }],
    ['EXCEPTION_BITMAP', wordFromNumber(chance.of([0, 0x4000]))],
    ['CPU_BASED_VM_EXEC_CONTROL', wordFromNumber(chance.of([0x84006172, 0x84006172, 0x8400e372]))],
  ];
  const [field, value] = chance.of(values);
  return vmwrite(vcpu, field, value);
}

function restOf(vcpu: number, vmcs: number, chance: Chance): Command {
  switch (chance.weighed({ vmclear: 4, vmxoff: 1, vmfunc: 2 })) {
    case 'vmclear':
      return vmclear(vcpu, vmcs);
    case 'vmxoff':
      return { kind: 'vmxoff', vcpu };
    case 'vmfunc':
      return { kind: 'vmfunc', vcpu, function: 0, index: chance.below(2) };
  }
}

/** The EPT, or page tables taken for one; the low bits are legal or not. */
function anyEptp(chance: Chance): Word {
  return { page: chance.of([EPT, EPT, EPT, ROOTS[0]]), low: chance.of([0x1e, 0x1e, 0x5e, 0x18]) };
}
