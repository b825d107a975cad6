import type { Outcome, VmConfigInput } from '../../src/mmu/schema/index.js';
import type { Lab, LabCommand } from './lab.js';
import { createGuest, hex } from './paged-guest.js';

/** L1's EPT for its L2: it maps what lies below 2 MiB to itself, and there are the tables of L2. */
export const EPT_ROOT = 0x11a000;
export const EPT_PDPT = 0x11b000;
export const EPT_PD = 0x11c000;
export const EPT_PT = 0x11d000;

/** EPTPs of that one EPT: without A and D, and with them. */
export const EPTP = EPT_ROOT + 0x1e;
export const EPTP_AD = EPT_ROOT + 0x5e;

/** An EPT entry that is readable and executable, and has A set. */
export const EPT_READ_ONLY = 0x135;

/** Secondary controls "enable EPT" and "enable VPID". */
const EPT_AND_VPID = '0x22';

/**
 * L1 with a VMCS whose L2 runs on the first address space of L1, and on an EPT unless the
 * secondary controls say otherwise. L1 sees its EPT where it sees its tables.
 */
export function startHypervisor(config: VmConfigInput = {}, secondary = EPT_AND_VPID): Lab {
  const lab = createGuest({ paging: 'ept', ...config });
  const ept = { kind: 'map', root: hex(EPTP), format: 'ept', accessedDirty: true } as const;
  lab.run({ ...ept, address: '0x0', gpa: '0x0', pages: 288, tables: hex(EPT_PDPT) });
  const before = lab.vcpu.regs.cr4;
  lab.run({ kind: 'mov-cr4', value: hex(before | 0x2000) });
  lab.run({ kind: 'vmxon', address: '0x1000' });
  lab.run({ kind: 'vmptrld', address: '0x2000' });
  lab.run({ kind: 'vmwrite', field: 'SECONDARY_VM_EXEC_CONTROL', value: secondary });
  lab.run({ kind: 'vmwrite', field: 'VIRTUAL_PROCESSOR_ID', value: '0x1' });
  lab.run({ kind: 'vmwrite', field: 'EPT_POINTER', value: hex(EPTP) });
  return lab;
}

/**
 * L1 runs L2 for one instruction, which it leaves by VMCALL unless that left already.
 *
 * @param ad Whether A and D are enabled in the EPTP; as before unless told.
 * @returns How the instruction ended; its events are those of the lab.
 */
export function runL2In(lab: Lab, command: LabCommand, { ad }: { ad?: boolean } = {}): Outcome {
  if (ad !== undefined) {
    const value = hex(ad ? EPTP_AD : EPTP);
    lab.run({ kind: 'vmwrite', field: 'EPT_POINTER', value });
  }
  enterL2(lab);
  const outcome = lab.run(command);
  const events = [...lab.events];
  if (lab.vcpu.nested.guestMode) lab.run({ kind: 'vmexit' });
  lab.events.splice(0, lab.events.length, ...events);
  return outcome;
}

/** L1 enters L2, and it runs. */
export function enterL2(lab: Lab): void {
  const { currentVmcs } = lab.vcpu.nested;
  lab.run({ kind: currentVmcs?.launched === true ? 'vmresume' : 'vmlaunch' });
  lab.run({ kind: 'enter' });
}
