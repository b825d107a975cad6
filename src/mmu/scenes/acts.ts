import { hex } from '../machine/index.js';
import type { CommandInput, CommandKind, MmuEventKind } from '../schema/index.js';
import type { Act, Answer } from './scene.js';
import { WINDOW, WINDOW_GPA } from './stages.js';

/** Some commands, for vCPU 0 unless told otherwise, in few letters: a scene is read as a list. */

function act(command: CommandInput, answer?: Answer): Act {
  return answer === undefined ? { command } : { command, answer };
}

/** The same on another vCPU. */
export function on(vcpu: number, { command, answer }: Act): Act {
  return act({ ...command, vcpu }, answer);
}

export function expecting(answer: Answer, { command }: Act): Act {
  return act(command, answer);
}

/** A command of which some events must not come. */
export function sparing(spares: readonly MmuEventKind[], act: Act): Act {
  return { ...act, spares };
}

/** A page fault with this error code. */
export const pf = (errorCode: number): Answer => ({ kind: 'fault', vector: '#PF', errorCode });
export const vmFail = (error: number): Answer => ({ kind: 'vm-fail', error });
export const OK: Answer = { kind: 'ok' };

/** A load; the frame is what it must find, as the first word of a page of data is its frame. */
export function read(gva: number, frame?: number, user = false): Act {
  const answer = frame === undefined ? undefined : { kind: 'ok', value: hex(frame) };
  return act({ kind: 'read', vcpu: 0, gva: hex(gva), user }, answer);
}

export function write(gva: number, value = 0x5, user = false): Act {
  return act({ kind: 'write', vcpu: 0, gva: hex(gva), value: hex(value), user });
}

/** The same with EFLAGS.AC set, which lifts SMAP. */
export function writeWithAc(gva: number): Act {
  return act({ kind: 'write', vcpu: 0, gva: hex(gva), value: '0x5', ac: true });
}

export const execute = (gva: number): Act => act({ kind: 'execute', vcpu: 0, gva: hex(gva) });

/** The guest stores an entry of its tables, where it sees them. */
export const store = (gpa: number, entry: number): Act => storeWord(gpa, hex(entry));

/** The same for an entry whose upper bits a number does not carry. */
export function storeWord(gpa: number, value: string): Act {
  return act({ kind: 'write', vcpu: 0, gva: hex(seen(gpa)), value, user: false });
}

/** Linear address at which the guest sees a word of its tables. */
export const seen = (gpa: number): number => WINDOW + gpa - WINDOW_GPA;

/** The VMM stores it, and KVM does not see that. */
export function hostWrite(gpa: number, value: number): Act {
  return act({ kind: 'host-write', vcpu: 0, gpa: hex(gpa), value: hex(value) });
}

/** A store of four bytes: an entry of 32-bit paging. */
export function storeHalf(gpa: number, entry: number): Act {
  return act({ kind: 'write', vcpu: 0, gva: hex(seen(gpa)), value: hex(entry), bytes: 4 });
}

export const cr0 = (value: string): Act => act({ kind: 'mov-cr0', vcpu: 0, value });
export const efer = (value: string): Act => act({ kind: 'wrmsr-efer', vcpu: 0, value });
export const cr4 = (value: string): Act => act({ kind: 'mov-cr4', vcpu: 0, value });
/** MOV to CR3 with a flush. */
export const cr3 = (value: number): Act => act({ kind: 'mov-cr3', vcpu: 0, value: hex(value) });
/** MOV to CR3 without one. */
export function nf(value: number): Act {
  return act({ kind: 'mov-cr3', vcpu: 0, value: `0x8${value.toString(16).padStart(15, '0')}` });
}

export const invlpg = (gva: number): Act => act({ kind: 'invlpg', vcpu: 0, gva: hex(gva) });

export function invpcid(type: number, pcid: number, gva = '0x0'): Act {
  return act({ kind: 'invpcid', vcpu: 0, type, pcid, gva });
}

export function invept(type: number, eptp: number): Act {
  return act({ kind: 'invept', vcpu: 0, type, eptp: hex(eptp) });
}

export function invvpid(type: number, vpid: number, gva = '0x0'): Act {
  return act({ kind: 'invvpid', vcpu: 0, type, vpid, gva });
}

export function loadRoot(pgd: number): Act {
  return act({ kind: 'load-root', vcpu: 0, pgd: hex(pgd) });
}

/** The VMM deletes a memslot, or adds one. */
export function memslot(slot: number, memslot: { gpa: string; bytes: number } | null): Act {
  return act({ kind: 'set-memslot', vcpu: 0, slot, memslot });
}

/** L1 changes a field of the VMCS. */
export function vmwrite(field: VmcsFieldName, value: number): Act {
  return act({ kind: 'vmwrite', vcpu: 0, field, value: hex(value) } as CommandInput);
}
type VmcsFieldName = Extract<Extract<CommandInput, { kind: 'vmwrite' }>['field'], string>;

/** A command without operands. */
export function plain(kind: Extract<CommandKind, 'enter' | 'vmlaunch' | 'vmresume'>): Act {
  return act({ kind, vcpu: 0 });
}
export const launch = plain('vmlaunch');
export const resume = plain('vmresume');
export const enter = plain('enter');
export const leave: Act = act({ kind: 'vmexit', vcpu: 0 });

/** The host schedules a vCPU out. */
export const preempt = (vcpu: number): Act => act({ kind: 'preempt', vcpu });

/** vCPU 1 flushes vCPU 0 as a Linux guest does. */
export const PV_FLUSH: Act = act({ kind: 'pv-flush', vcpu: 1, vcpus: [0] });

/** vCPU 1 flushes every vCPU by a hypercall: all of it, or pages. */
export function hvFlush(...gvas: readonly number[]): Act {
  const call = gvas.length > 0 ? 'HvCallFlushVirtualAddressList' : 'HvCallFlushVirtualAddressSpace';
  return act({ kind: 'hv-flush', vcpu: 1, call, gvas: gvas.map(hex) });
}
