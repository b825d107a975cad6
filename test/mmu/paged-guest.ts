import { hex } from '../../src/mmu/machine/index.js';
import type { MmuEvent, MmuEventOf, Outcome, VmConfigInput } from '../../src/mmu/schema/index.js';
import { createLab, type Lab, type LabCommand } from './lab.js';

export { hex };

/** How a guest pages. */
export type Mode = '4-level' | '5-level' | 'PAE' | '32-bit' | 'none';

/** Registers of each mode; the root of the first address space is in CR3. */
const REGISTERS: Record<Mode, NonNullable<VmConfigInput['registers']>> = {
  '4-level': { cr0: '0x80010033', cr3: '0x100000', cr4: '0xa0', efer: '0xd00' },
  '5-level': { cr0: '0x80010033', cr3: '0x100000', cr4: '0x10a0', efer: '0xd00' },
  PAE: { cr0: '0x80010033', cr3: '0x100000', cr4: '0x20', efer: '0x800' },
  '32-bit': { cr0: '0x80010033', cr3: '0x100000', cr4: '0x10', efer: '0x0' },
  none: { cr0: '0x10011', cr3: '0x0', cr4: '0x0', efer: '0x0' },
};

/** Address spaces: each has its root there, and its other tables in the frames behind it. */
export const ROOTS = [0x100000, 0x110000] as const;

/** Tables of the first address space under 4-level paging. */
export const PML4 = 0x100000;
export const PDPT = 0x101000;
export const PD = 0x102000;
export const PT = 0x103000;

/**
 * Four pages of data in each address space; those of the second lie behind those of the first. The
 * first word of each is its frame.
 */
export const DATA = 0x400000;
export const DATA_GPA = 0x10000;
export const DATA_PAGES = 4;

/** Where the guest sees the tables of both address spaces. */
const WINDOW = 0x800000;
const WINDOW_PAGES = 32;

/** Present, writable, the user's, accessed and dirty. */
export const PTE = 0x67;

/** A guest whose tables are built, and which has not run yet. */
export function createGuest(config: VmConfigInput = {}, mode: Mode = '4-level'): Lab {
  const frames = { gpa: '0x10000', count: 16, stride: 4096, first: '0x10', step: '0x1' };
  const lab = createLab({
    ...config,
    cpuid: { la57: mode === '5-level', ...config.cpuid },
    memory: { fills: [frames], ...config.memory },
    registers: { ...REGISTERS[mode], ...config.registers },
  });
  if (mode === 'none') return lab;
  for (const [i, root] of ROOTS.entries()) {
    const space = { kind: 'map', root: hex(root) } as const;
    const gpa = hex(DATA_GPA + i * DATA_PAGES * 4096);
    const tables = (used: number) => hex(root + 0x1000 * used);
    const data = { address: hex(DATA), gpa, pages: DATA_PAGES };
    lab.run({ ...space, ...data, tables: tables(1) });
    const window = { address: hex(WINDOW), gpa: hex(ROOTS[0]), pages: WINDOW_PAGES };
    lab.run({ ...space, ...window, tables: tables(8) });
  }
  // PDPTEs are loaded with CR3, and were not there when the VM began.
  for (const { index } of lab.vm.vcpus) lab.run({ kind: 'set-sregs', vcpu: index });
  return lab;
}

/** Linear address at which the guest sees a word of its tables. */
export function seen(gpa: number): string {
  return hex(WINDOW + gpa - ROOTS[0]);
}

/** The guest stores an entry of its tables. */
export function writeEntry(lab: Lab, gpa: number, entry: number, vcpu = 0): Outcome {
  return lab.run({ kind: 'write', vcpu, gva: seen(gpa), value: hex(entry) });
}

/** MOV to CR3 that asks for no flush. */
export function noFlush(cr3: number): LabCommand {
  return { kind: 'mov-cr3', value: `0x8000000000${cr3.toString(16)}` };
}

/** What the guest reads in the first word of a page: its frame, or why it could not. */
export function frameAt(lab: Lab, address: number, vcpu = 0): number | Outcome {
  const outcome = lab.run({ kind: 'read', vcpu, gva: hex(address) });
  return outcome.kind === 'ok' && outcome.value !== undefined ? outcome.value.low : outcome;
}

/** Events of one kind that the last command brought. */
export function eventsOf<K extends MmuEvent['kind']>({ events }: Lab, kind: K): MmuEventOf<K>[] {
  return events.filter((event): event is MmuEventOf<K> => event.kind === kind);
}

/** Frames of the shadow pages that the last command's events of a kind tell of. */
export function gfnsOf(
  lab: Lab,
  kind: 'page-allocated' | 'page-unsynced' | 'page-synced' | 'page-zapped',
): number[] {
  return eventsOf(lab, kind).map(({ gfn }) => gfn);
}

/** An entry that leads to a frame. */
export function entryFor(gpa: number, flags = PTE): number {
  return gpa + flags;
}
