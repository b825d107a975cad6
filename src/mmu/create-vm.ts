import { defectsOf, mendedRules, rulesWith } from './defects/index.js';
import { kernelRulesOf } from './kernel/index.js';
import {
  createMemory,
  fillWords,
  flagsIn,
  gpaToGfn,
  isLongMode,
  isPaePaging,
  PAGE_SIZE,
  type Registers,
  readPdptes,
  writeWord,
  ZERO,
} from './machine/index.js';
import { type Fate, type Invalidation, type Policy, policyOf } from './policies/index.js';
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

/** A new VM: every vCPU is in the host, with no root loaded and nothing pending. */
export function createVm(config: VmConfig): Vm {
  const rules = rulesWith(kernelRulesOf(config.kernel), config.defects);
  return assemble(config, { rules, policy: policyOf(config.policy) });
}

/**
 * The same VM without the bugs that are known: those that its kernel had, and the four that KVM has
 * to this day. A nested transition may be a switch to a root that nobody synced; a VM entry that
 * fails late spends the flush for another vpid12 on L1; and tables that were shadowed while EFER.NX
 * or CR4.PSE was set serve a guest without it.
 *
 * @see docs/fidelity.md, "Where KVM itself is wrong"
 */
export function createMendedVm(config: VmConfig): Vm {
  const sound = { ...kernelRulesOf('6.1'), newVpid12: 'both' } as const;
  const rules = {
    ...mendedRules(kernelRulesOf(config.kernel), sound),
    roleTells: 'nx-and-pse',
  } as const;
  const policy = policyOf(config.policy);
  const mended = { ...policy, fateOf: (met: Invalidation) => mendedFateOf(policy, met) };
  return assemble(config, { rules, policy: mended });
}

function assemble(config: VmConfig, { rules, policy }: Pick<Vm, 'rules' | 'policy'>): Vm {
  const tlbTotal = { entries: 0 };
  const memory = createConfiguredMemory(config);
  const vcpus = Array.from({ length: config.vcpus }, (_, index) =>
    createVcpu(index, initialRegisters(config), {
      prevRoots: config.prevRoots,
      tlb: createConfiguredTlb(config, tlbTotal),
    }),
  );
  for (const { regs } of vcpus) {
    if (isPaePaging(regs)) regs.pdptrs = readPdptes(memory, regs.cr3);
  }
  const vm: Vm = {
    config,
    rules,
    policy,
    defects: defectsOf(config.defects),
    memory,
    shadow: createShadowPages(),
    vcpus,
    tlbTotal,
    vmcs12s: new Map(),
    ear: null,
    ledger: config.oracle === 'on' ? createLedger(config.vcpus) : null,
    oracle: config.oracle === 'on' ? createOracle(config.vcpus) : null,
  };
  for (const vcpu of vcpus) initMmu(vm, vcpu);
  return vm;
}

/** While PCIDE is clear a root that was flushed is not kept for a switch which may not sync it. */
function mendedFateOf(policy: Policy, met: Invalidation): Fate {
  const fate = policy.fateOf(met);
  const isFlush = met.by === 'mov-cr3' || met.by === 'invpcid-single';
  return isFlush && met.of === 'previous' && !met.pcide && fate === 'keep' ? 'free' : fate;
}

/** The TLB that a VM option asks for; null where nothing is kept. @param total Of its VM. */
export function createConfiguredTlb({ tlb }: VmConfig, total: TlbTotal): Tlb | null {
  if (tlb === 'off') return null;
  return createTlb(tlb === 'ideal' ? Number.POSITIVE_INFINITY : tlb.entries, total);
}

function createConfiguredMemory({ memory: { memslots, words, fills } }: VmConfig) {
  const memory = createMemory(
    memslots.map(({ gpa, bytes }) => ({
      gfn: gpaToGfn(gpa),
      pageCount: bytes / PAGE_SIZE,
      dirtyLog: false,
    })),
  );
  for (const fill of fills) fillWords(memory, fill);
  for (const { gpa, value } of words) writeWord(memory, gpa, value);
  return memory;
}

function initialRegisters({ registers }: VmConfig): Registers {
  const regs: Registers = {
    cr0: flagsIn(registers.cr0),
    cr3: registers.cr3,
    cr4: flagsIn(registers.cr4),
    efer: flagsIn(registers.efer),
    cpl: 0,
    csL: false,
    vm86: false,
    pdptrs: NO_PDPTES,
  };
  regs.csL = isLongMode(regs);
  return regs;
}

const NO_PDPTES = [ZERO, ZERO, ZERO, ZERO];
