import { gpaToGfn, markPageDirty, needsNx, planTables, writeTable } from '../machine/index.js';
import { keepPast } from '../oracle/index.js';
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
  for (const write of plan.writes) {
    keepPast(vm, write);
    writeTable(vm.memory, write);
    markPageDirty(vm.memory, gpaToGfn(write.gpa));
    trackWrite(vm, vcpu, write, emit);
  }
  return OK;
}
