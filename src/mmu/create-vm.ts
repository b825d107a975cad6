import { type Conduct, conductOf, mendedConductOf } from './conduct.js';
import { finished, type Pieces } from './encoding/index.js';
import {
  createMemory,
  fillWords,
  flagsIn,
  type GuestMemory,
  type GuestPages,
  gpaToGfn,
  isLongMode,
  isPaePaging,
  PAGE_SIZE,
  type Registers,
  readPdptes,
  sharePages,
  writeWord,
  ZERO,
} from './machine/index.js';
import type { Policy } from './policies/index.js';
import { initMmu } from './roots/index.js';
import type { VmConfig } from './schema/index.js';
import {
  createLedger,
  createOracle,
  createShadowPages,
  createTlb,
  createVcpu,
  type Tlb,
  type TlbTotal,
  type Vm,
} from './state/index.js';

/**
 * A new VM: every vCPU is in the host, with no root loaded and nothing pending.
 *
 * @param pages Its memory, filled already, of {@link initialPages}.
 * @param policy Decides instead of the one that the configuration names.
 */
export function createVm(
  config: VmConfig,
  pages: GuestPages | null = null,
  policy: Policy | null = null,
): Vm {
  const conduct = conductOf(config);
  // A copy with another policy would have a shape of its own, and every look at it would be slower.
  return finished(assemble(config, policy === null ? conduct : { ...conduct, policy }, pages));
}

/** The memory that VMs of a configuration begin with, filled piece by piece. They may share it. */
export function* initialPages(config: VmConfig): Pieces<GuestPages> {
  return (yield* createConfiguredMemory(config, null)).pages;
}

/** The same piece by piece: a configuration may fill 64 MiB of memory. */
export function creationOf(config: VmConfig): Pieces<Vm> {
  return assemble(config, conductOf(config));
}

/** The same VM without the bugs that are known: those that its kernel had, and those of today. */
export function createMendedVm(config: VmConfig): Vm {
  return finished(assemble(config, mendedConductOf(config)));
}

function* assemble(
  config: VmConfig,
  { rules, policy, wrappers }: Conduct,
  pages: GuestPages | null = null,
): Pieces<Vm> {
  const tlbTotal = { entries: 0 };
  const memory = yield* createConfiguredMemory(config, pages);
  const vcpus = Array.from({ length: config.vcpus }, (_, index) =>
    createVcpu(index, initialRegisters(config), {
      prevRoots: config.prevRoots,
      tlb: createConfiguredTlb(config, tlbTotal),
    }),
  );
  for (const { regs } of vcpus) {
    if (isPaePaging(regs)) regs.pdptrs = readPdptes(memory, regs.cr3) ?? regs.pdptrs;
  }
  const vm: Vm = {
    initial: config,
    config,
    rules,
    policy,
    wrappers,
    memory,
    shadow: createShadowPages(),
    vcpus,
    tlbTotal,
    vmcs12s: new Map(),
    ledger: config.oracle === 'on' ? createLedger(config.vcpus) : null,
    oracle: config.oracle === 'on' ? createOracle(config.vcpus) : null,
  };
  for (const vcpu of vcpus) initMmu(vm, vcpu);
  return vm;
}

/** The TLB that a VM option asks for; null where nothing is kept. @param total Sum of its VM. */
export function createConfiguredTlb({ tlb }: VmConfig, total: TlbTotal): Tlb | null {
  if (tlb === 'off') return null;
  return createTlb(tlb === 'ideal' ? Number.POSITIVE_INFINITY : tlb.entries, total);
}

function* createConfiguredMemory(
  { memory: { memslots, words, fills } }: VmConfig,
  pages: GuestPages | null,
): Pieces<GuestMemory> {
  const memory = createMemory(
    memslots.map(({ gpa, bytes, userspaceAddr = gpa, readonly }) => ({
      gfn: gpaToGfn(gpa),
      pageCount: bytes / PAGE_SIZE,
      hostFrame: gpaToGfn(userspaceAddr),
      readOnly: readonly === true,
      dirty: null,
    })),
    pages === null ? undefined : sharePages(pages),
  );
  if (pages !== null) return memory;
  for (const fill of fills) yield* fillWords(memory, fill);
  for (const [i, { gpa, value }] of words.entries()) {
    if (i % WORDS_AT_ONCE === 0) yield;
    writeWord(memory, gpa, value);
  }
  return memory;
}

/** Registers of a vCPU that nothing has befallen yet. */
export function initialRegisters({ registers }: VmConfig): Registers {
  const regs: Registers = {
    cr0: flagsIn(registers.cr0),
    cr3: registers.cr3,
    cr4: flagsIn(registers.cr4),
    efer: flagsIn(registers.efer),
    cpl: 0,
    csL: false,
    vm86: false,
    pdptrs: NO_PDPTES,
    pkru: registers.pkru,
    pkrs: registers.pkrs,
  };
  regs.csL = isLongMode(regs);
  return regs;
}

/** Words of a configuration that are written at a time: each may take a page of its own. */
const WORDS_AT_ONCE = 256;

const NO_PDPTES = [ZERO, ZERO, ZERO, ZERO];
