import { createVm, step, type Vm } from '../../mmu/index.js';
import { VmConfig } from '../../mmu/schema/index.js';
import { fetchCode } from './guest.js';
import type { Recording } from './recording.js';

/** Memory of a recorded machine: 16 MiB, and the memslot that `host_memslot` replaces. */
const MAIN_MEMSLOT = { gpa: '0x0', bytes: 16 * 2 ** 20 };
export const EXTRA_MEMSLOT = { gpa: '0x10000000', bytes: 64 * 2 ** 10 };
export const MAIN_MEMSLOT_ID = 0;
export const EXTRA_MEMSLOT_ID = 1;

/**
 * The machine of a recording, with its first root loaded: recordings begin in the running guest.
 *
 * @throws {z.ZodError} If no VM can begin like that.
 */
export function createRecordedVm({ kernel, machine, initial }: Recording): Vm {
  const { vendor, paging, prevRoots, flushOnReuse, vcpus } = machine;
  const { memory: words, fills, ...registers } = initial;
  const config = VmConfig.parse({
    ...{ kernel, vendor, paging, prevRoots, flushOnReuse, vcpus },
    // The emulated processor on which recordings were made keeps nothing across exits.
    tlb: 'off',
    registers,
    memory: { memslots: [MAIN_MEMSLOT, EXTRA_MEMSLOT], words, fills },
  });
  const vm = createVm(config);
  step(vm, { kind: 'enter', vcpu: 0 }, null);
  step(vm, fetchCode(), null);
  return vm;
}
