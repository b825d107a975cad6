import { setControl } from '../attempt/controls.js';
import { createSpec, type MachineSpec, runWhereKeysAre } from '../attempt/machine-spec.js';
import { Unreadable } from '../attempt/unreadable.js';
import type { ArchitectureCase } from '../case.js';
import { wordOf } from './reading.js';
import { type Apply, BIT_PATTERNS, FEATURE_PATTERNS, PROCESSOR_KEYS } from './setup-processor.js';
import { VMCS_KEYS } from './setup-vmcs.js';

const NAMED: ReadonlyMap<string, Apply> = new Map([
  ...Object.entries(PROCESSOR_KEYS),
  ...Object.entries(VMCS_KEYS),
]);

/** The areas that are judged, each with what its cases leave unsaid. */
const AREA_DEFAULTS: ReadonlyMap<string, (spec: MachineSpec) => void> = new Map([
  ['invept', () => {}],
  ['invvpid', () => {}],
  ['invpcid', () => {}],
  ['invlpg', () => {}],
  ['cr0', () => {}],
  ['cr3', () => {}],
  ['cr4', () => {}],
  ['efer', () => {}],
  ['vmentry', beInVmxRoot],
  ['vmexit-load', beInOtherL2],
  ['vmfunc', offerVmfunc],
  ['access', () => {}],
  ['smap', () => {}],
  ['lam', () => {}],
  ['shadow', () => {}],
  ['pku', () => {}],
  ['pks', () => {}],
  ['ept-perm', () => {}],
  ['ept-reserved', () => {}],
  ['ept-ignored', () => {}],
  ['ept-ptwalk', () => {}],
  ['ept-order', () => {}],
  ['ept-large', () => {}],
  ['pml', beInVmxRoot],
  ['ept-mbec', () => {}],
  ['npt', () => {}],
  ['tlb-rule', () => {}],
  ['tlb-use', () => {}],
  ['bug-replay', () => {}],
]);

export function isJudgedArea(area: string): boolean {
  return AREA_DEFAULTS.has(area);
}

/**
 * Gathers what a case asks for.
 *
 * @param fieldKeys Whether `args` holds VMCS fields, as in a VM entry, and not operands.
 * @throws {Unreadable} If the case has a key or a text without a rule.
 */
export function specOf(
  { area, op, setup, args }: ArchitectureCase,
  fieldKeys: boolean,
): MachineSpec {
  const facts = fieldKeys ? { ...setup, ...args } : setup;
  const spec = createSpec();
  AREA_DEFAULTS.get(area)?.(spec);
  if (op.startsWith('MOV_TO_CR3')) spec.loadedCr3 = wordOf(args.value);

  const unnamed = Object.keys(facts).filter((key) => !NAMED.has(key));
  const bits = unnamed.filter((key) => !applyPattern(spec, FEATURE_PATTERNS, key, facts[key]));
  if (area === 'vmexit-load') loadOtherDepth(spec, facts.host_cr4);
  for (const [key, apply] of NAMED) {
    if (Object.hasOwn(facts, key)) apply(spec, facts[key]);
  }
  for (const key of bits) {
    if (!applyPattern(spec, BIT_PATTERNS, key, facts[key]))
      throw new Unreadable(`setup key ${key}`);
  }
  runWhereKeysAre(spec, spec.regs.cr4);
  return spec;
}

function applyPattern(
  spec: MachineSpec,
  patterns: typeof BIT_PATTERNS,
  key: string,
  value: unknown,
): boolean {
  for (const [pattern, apply] of patterns) {
    const name = pattern.exec(key)?.[1];
    if (name === undefined) continue;
    apply(spec, name, value);
    return true;
  }
  return false;
}

function beInVmxRoot(spec: MachineSpec): void {
  spec.vmx = 'root';
}

function beInOtherL2(spec: MachineSpec): void {
  spec.vmx = 'non-root';
}

/** L1 enters with the other depth of paging than the one that the exit loads, so the load shows. */
function loadOtherDepth(spec: MachineSpec, hostCr4: unknown): void {
  const [, loaded] = /\bLA57=([01])/.exec(String(hostCr4)) ?? [];
  if (loaded === undefined) return;
  spec.cpuid.set('la57', true);
  if (loaded === '0') spec.l1.cr4 |= 0x1000n;
}

function offerVmfunc(spec: MachineSpec): void {
  setControl(spec, 'ept', true);
  VMCS_KEYS.eptp_switching?.(spec, 1);
}
