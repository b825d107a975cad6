import { prevRootCount, rootAt, type Vcpu, type Vm } from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import type { Setting } from './machine.js';
import { type Bounded, boundedAlphabet, boundedMachine, DATA, rootOf } from './machines.js';

/** A machine of the specification in `spec/`: KVM's root cache, with tables that nobody edits. */
export type SpecMachine = Pick<Bounded, 'policy' | 'slots' | 'spaces'>;

/** Bits of the requests that the specification has, in its order. */
const REQUESTS = { MMU_SYNC: 0x8, LOAD_MMU_PGD: 0x10, FLUSH_CURRENT: 0x40, FLUSH_GUEST: 0x80 };

/** Address bits of a page in a frame's root table; the tables of a space begin 16 frames on. */
const FIRST_ROOT = rootOf(0) / 0x1000;
const ROOT_STRIDE = (rootOf(1) - rootOf(0)) / 0x1000;

/** The model, restricted to what the specification has. */
export function specSetting(machine: SpecMachine): Setting {
  const bounded: Bounded = {
    ...{ ...machine, kernel: '6.1', vcpus: 1 },
    ...{ also: ['load-root'], without: ['edits'] },
  };
  return {
    ...boundedMachine(bounded),
    alphabet: boundedAlphabet(bounded),
    properties: [],
    // The specification tells all states apart.
    isPlain: 'by-guises',
  };
}

/** The name of a command in the specification: its number, and the address space. */
export function specCommandOf(command: Command): string {
  switch (command.kind) {
    case 'mov-cr3': {
      const isNoFlush = command.value.page >= 2 ** 51;
      return `${isNoFlush ? 1 : 0} ${spaceOf(command.value.page % 2 ** 51)}`;
    }
    case 'invpcid':
      return command.type.low === 1 ? `2 ${command.pcid.low - 1}` : '3 0';
    case 'load-root':
      return `5 ${spaceOf(command.pgd.page)}`;
    default:
      return '4 0';
  }
}

/** A state as the specification prints it. */
export function specStateOf({ vcpus }: Vm, spaces: number): string {
  const vcpu = vcpus[0] as Vcpu;
  const { mode, regs, requests, rootMmu: mmu } = vcpu;
  const slots = Array.from({ length: 1 + prevRootCount(mmu) }, (_, place) => {
    const root = rootAt(mmu, place - 1);
    if (root === null) return [spaces, 0, 0, 0];
    const { pgd, syncDue, flushDue, ranUnder } = root;
    return [spaceOf(pgd.page), syncDue, flushDue, ranUnder !== 0];
  });
  const pending = Object.values(REQUESTS).map((bit) => (requests & bit) !== 0);
  const cached = Array.from({ length: spaces }, (_, space) => isCached(vcpu, space + 1));
  const fields = [mode === 'guest', spaceOf(regs.cr3.page), ...slots.flat(), ...pending, ...cached];
  return fields.map(Number).join(' ');
}

function spaceOf(page: number): number {
  return (page - FIRST_ROOT) / ROOT_STRIDE;
}

function isCached({ tlb }: Vcpu, pcid: number): boolean {
  const contexts = tlb?.contexts.filter((context) => context.pcid === pcid) ?? [];
  return contexts.some(({ entries }) => entries.has(DATA / 0x1000));
}
