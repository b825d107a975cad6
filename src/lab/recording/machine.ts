import { createVm, KERNEL_VERSIONS, type KernelVersion, step, type Vm } from '../../mmu/index.js';
import { VmConfig } from '../../mmu/schema/index.js';
import { fetchCode } from './guest.js';
import type { Recording } from './recording.js';

/** Where a recorded machine's memory lies: 16 MiB, and the memslot that `host_memslot` replaces. */
const MAIN_MEMSLOT = { gpa: '0x0', bytes: 16 * 2 ** 20 };
export const EXTRA_MEMSLOT = { gpa: '0x10000000', bytes: 64 * 2 ** 10 };
export const MAIN_MEMSLOT_ID = 0;
export const EXTRA_MEMSLOT_ID = 1;

/**
 * The machine of a recording, with its first root loaded: recordings begin in the running guest.
 *
 * @throws {Error} If the recording names a kernel whose rules the model does not have.
 */
export function createRecordedVm({ kernel, machine, initial }: Recording): Vm {
  const { cr0, cr3, cr4, efer, memory, fills } = initial;
  const config: VmConfig = {
    ...VmConfig.parse({ memory: { memslots: [MAIN_MEMSLOT, EXTRA_MEMSLOT] } }),
    kernel: rulesFor(kernel),
    vendor: machine.vendor,
    paging: machine.paging,
    prevRoots: machine.prevRoots,
    flushOnReuse: machine.flushOnReuse,
    vcpus: machine.vcpus,
    tlb: 'off',
    registers: { cr0, cr3, cr4, efer },
  };
  const vm = createVm({ ...config, memory: { ...config.memory, words: memory, fills } });
  step(vm, { kind: 'enter', vcpu: 0 }, null);
  step(vm, fetchCode(), null);
  return vm;
}

/** Recordings name a stable release, `6.1.190`; rules are kept for its series. */
function rulesFor(release: string): KernelVersion {
  const version = KERNEL_VERSIONS.find(
    (known) => release === known || release.startsWith(`${known}.`),
  );
  if (version === undefined) throw new Error(`no rules for kernel ${release}`);
  return version;
}
