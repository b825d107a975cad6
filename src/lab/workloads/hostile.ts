import { gfnToGpa, hex, wordFromNumber } from '../../mmu/index.js';
import type { Command, VmConfigInput } from '../../mmu/schema/index.js';
import type { Chance } from './chance.js';
import { execute, invlpg, invpcid, movCr3, movCr4, read, write } from './guest/instructions.js';
import {
  eptTables,
  LARGE,
  memoryConfig,
  RECURSIVE,
  ROOTS,
  SAFE,
  seen,
  spaceOf,
} from './hostile/layout.js';
import { anyAddress, anyCr3, anyEntry, anyEptEdit, tableWord } from './hostile/operands.js';
import { hostileVmx, leaveL2 } from './hostile/vmx.js';
import { count, flag, weight } from './parameters.js';
import type { Planned } from './planned.js';
import { defineWorkload, type ValuesOf } from './workload.js';

const PARAMETERS = {
  vcpus: count('vCPUs, which share all tables.', { max: 16, by: 2 }),
  ept: flag('L1 runs under EPT, and so may have an EPT for its L2.', false),
  edits: weight('stores to page tables, without a flush', 30),
  accesses: weight('loads, stores and fetches, aligned or not', 40),
  switches: weight('loads of CR3, legal or not', 16),
  registers: weight('changes of CR0, CR4 and EFER', 5),
  invalidations: weight('INVLPG and INVPCID, legal or not', 8),
  vmx: weight('VMX instructions in any order, and entries that fail', 8),
  repairs: weight('repairs of the tables, without which nothing is mapped any more', 1),
};
type Values = ValuesOf<typeof PARAMETERS>;
type Weights = Omit<Values, 'vcpus' | 'ept' | 'vmx' | 'repairs'>;

/** A guest that does what no kernel does. */
export const hostile = defineWorkload({
  name: 'hostile',
  summary:
    'Aliases, recursive page tables, edits that are never flushed, no-flush reuse, toggles of PCIDE, PGE, WP, SMEP and NX, VM entries that fail, and operands that are not legal.',
  source: 'What KVM must survive, whatever the guest does',
  paging: 'shadow',
  isSound: false,
  parameters: PARAMETERS,
  configOf,
  planOf,
});

function configOf({ vcpus, ept }: Values): VmConfigInput {
  return {
    vcpus,
    paging: ept ? 'ept' : 'shadow',
    memory: memoryConfig(),
    registers: { cr0: '0x80050033', cr3: hex(gfnToGpa(ROOTS[0])), cr4: '0x220a0', efer: '0xd01' },
  };
}

function* planOf(values: Values, chance: Chance): Generator<Planned> {
  for (;;) {
    for (const command of commandsOf(values, chance)) yield { command, expected: null };
  }
}

function commandsOf(values: Values, chance: Chance): Iterable<Command> {
  const vcpu = chance.below(values.vcpus);
  const { repairs, ...weights } = values;
  if (chance.weighed({ repairs, rest: REST }) === 'repairs') return repair(vcpu);
  const { vmx, ...others } = weights;
  const { edits, accesses, switches, registers, invalidations } = others;
  const rest = edits + accesses + switches + registers + invalidations;
  if (chance.weighed({ rest, vmx }) === 'vmx') return hostileVmx(vcpu, chance);
  return [commandOf(vcpu, others, chance)];
}

/** Weights beside which that of repairs counts. */
const REST = 100;

function commandOf(vcpu: number, values: Weights, chance: Chance): Command {
  const { edits, accesses, switches, registers, invalidations } = values;
  switch (chance.weighed({ edits, accesses, switches, registers, invalidations })) {
    case 'edits':
      return editOf(vcpu, chance);
    case 'accesses':
      return accessOf(vcpu, chance);
    case 'switches':
      return movCr3(vcpu, anyCr3(chance));
    case 'registers':
      return registerOf(vcpu, chance);
    case 'invalidations':
      return invalidationOf(vcpu, chance);
  }
}

/** Out of L2, registers as they were, and all tables as they were: by way of the safe root. */
function* repair(vcpu: number): Generator<Command> {
  yield leaveL2(vcpu);
  yield { kind: 'wrmsr-efer', vcpu, value: wordFromNumber(0xd01) };
  yield { kind: 'mov-cr0', vcpu, value: wordFromNumber(0x80050033), gpr: 0 };
  yield movCr3(vcpu, { page: SAFE, low: 0 });
  yield movCr4(vcpu, wordFromNumber(0x220a0));
  const stores = [...ROOTS.flatMap(spaceOf), ...eptTables()];
  for (const { frame, index, value } of stores) {
    // The window itself is as long as it is, and nothing stores there beyond its beginning.
    if (index > LARGE / 512 && index !== RECURSIVE) continue;
    yield write({ vcpu, gva: { page: seen(frame), low: index * 8 } }, value);
  }
}

function editOf(vcpu: number, chance: Chance): Command {
  if (!chance.percent(15)) return write({ vcpu, gva: tableWord(chance) }, anyEntry(chance));
  const { gva, value } = anyEptEdit(chance);
  return write({ vcpu, gva }, value);
}

function accessOf(vcpu: number, chance: Chance): Command {
  const gva = anyAddress(chance);
  const who = { user: chance.percent(40), ac: chance.percent(20) };
  const access = { vcpu, gva, ...who, bytes: chance.of([1, 2, 4, 8, 8, 8] as const) };
  switch (chance.weighed({ read: 6, write: 3, execute: 2 })) {
    case 'read':
      return read(access);
    case 'write':
      return write(access, anyEntry(chance));
    case 'execute':
      return execute(access);
  }
}

/** Values that a running guest may have, some that fault, and most often what it began with. */
function registerOf(vcpu: number, chance: Chance): Command {
  switch (chance.weighed({ cr4: 6, cr0: 3, efer: 2, cr3: 1 })) {
    case 'cr4': {
      // PGE, PCIDE, SMEP and SMAP on and off; VMXE stays.
      const legal = [0x220a0, 0x220a0, 0x22020, 0x20a0, 0x1220a0, 0x3220a0, 0x320a0, 0x2020];
      return movCr4(vcpu, wordFromNumber(chance.of([...legal, 0x80, 0x221a80a0])));
    }
    case 'cr0': {
      const flags = chance.of([0x80050033, 0x80050033, 0x80040033, 0x50033, 0xa0050033, 0]);
      return { kind: 'mov-cr0', vcpu, value: wordFromNumber(flags), gpr: 0 };
    }
    case 'efer':
      return {
        kind: 'wrmsr-efer',
        vcpu,
        value: wordFromNumber(chance.of([0xd01, 0xd01, 0x501, 0, 0x2d01])),
      };
    case 'cr3':
      return { kind: 'mov-from-cr3', vcpu, gpr: 0 };
  }
}

function invalidationOf(vcpu: number, chance: Chance): Command {
  const gva = anyAddress(chance);
  if (chance.percent(40)) return invlpg(vcpu, gva);
  const type = chance.of([0, 1, 1, 2, 3, 4]);
  return invpcid(vcpu, type, chance.of([0, 1, 2, 3, 0xfff, 0x1000]), gva);
}
