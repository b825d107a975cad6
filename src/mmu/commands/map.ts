import {
  gpaToGfn,
  markPageDirty,
  needsNx,
  planTables,
  type TableWrite,
  writeRun,
  writeTable,
} from '../machine/index.js';
import { isWrittenUnheard, keepPast } from '../oracle/index.js';
import { kickToHost } from '../requests/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { trackWrite } from '../shadow/index.js';
import { CommandRefused, type Emit, type Vcpu, type Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';

/**
 * Builds page tables in guest memory. KVM writes the entries as it writes memory for the guest, so
 * that what it shadows stays in step: to an instruction of the guest there is no difference.
 *
 * @throws {CommandRefused} If the range cannot be mapped; nothing is written then.
 * @see Linux `kvm_vcpu_write_guest()`, `kvm_mmu_track_write()`
 */
export function map(vm: Vm, vcpu: Vcpu, command: CommandOf<'map'>, emit: Emit): Outcome {
  const refuse = (why: string) => new CommandRefused(`Cannot run "map": ${why}`);
  if (needsNx(vcpu.regs, command)) throw refuse('without EFER.NXE every page is executable');
  const plan = planTables(vm.memory, vcpu.regs, command);
  if ('flaw' in plan) throw refuse(plan.flaw);
  kickToHost(vcpu, emit);
  for (const run of plan.writes.runs()) {
    if (isWrittenAlone(vm, run.gfn)) writeRun(vm.memory, run);
    else writeOneByOne(vm, vcpu, run, emit);
  }
  return OK;
}

/** Whether nobody but memory has part in what is written to a frame. Most tables are new. */
function isWrittenAlone(vm: Vm, gfn: number): boolean {
  return vm.memory.isPlain && isWrittenUnheard(vm, gfn) && !vm.shadow.byGfn.has(gfn);
}

function writeOneByOne(vm: Vm, vcpu: Vcpu, writes: Iterable<TableWrite>, emit: Emit): void {
  for (const write of writes) {
    keepPast(vm, write);
    writeTable(vm.memory, write);
    markPageDirty(vm.memory, gpaToGfn(write.gpa));
    trackWrite(vm, vcpu, write, emit);
  }
}
