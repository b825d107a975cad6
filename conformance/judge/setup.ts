import { type Bench, createBench } from './bench.js';
import type { ArchitectureCase } from './case.js';
import { Unreadable, wordOf } from './reading.js';
import { type Apply, BIT_PATTERNS, FEATURE_PATTERNS, PROCESSOR_KEYS } from './setup-processor.js';
import { setControl, VMCS_KEYS } from './setup-vmcs.js';

const NAMED: ReadonlyMap<string, Apply> = new Map([
  ...Object.entries(PROCESSOR_KEYS),
  ...Object.entries(VMCS_KEYS),
]);

/** The areas that are judged, each with what its cases leave unsaid. */
const AREA_DEFAULTS: ReadonlyMap<string, (bench: Bench) => void> = new Map([
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
  ['ept-perm', () => {}],
  ['ept-reserved', () => {}],
  ['ept-ignored', () => {}],
  ['ept-ptwalk', () => {}],
  ['ept-order', () => {}],
  ['ept-large', () => {}],
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
export function benchOf({ area, op, setup, args }: ArchitectureCase, fieldKeys: boolean): Bench {
  const facts = fieldKeys ? { ...setup, ...args } : setup;
  const bench = createBench();
  AREA_DEFAULTS.get(area)?.(bench);
  if (op.startsWith('MOV_TO_CR3')) bench.loadedCr3 = wordOf(args.value);

  const unnamed = Object.keys(facts).filter((key) => !NAMED.has(key));
  const bits = unnamed.filter((key) => !applyPattern(bench, FEATURE_PATTERNS, key, facts[key]));
  if (area === 'vmexit-load') loadOtherDepth(bench, facts.host_cr4);
  for (const [key, apply] of NAMED) {
    if (Object.hasOwn(facts, key)) apply(bench, facts[key]);
  }
  for (const key of bits) {
    if (!applyPattern(bench, BIT_PATTERNS, key, facts[key]))
      throw new Unreadable(`setup key ${key}`);
  }
  return bench;
}

function applyPattern(
  bench: Bench,
  patterns: typeof BIT_PATTERNS,
  key: string,
  value: unknown,
): boolean {
  for (const [pattern, apply] of patterns) {
    const name = pattern.exec(key)?.[1];
    if (name === undefined) continue;
    apply(bench, name, value);
    return true;
  }
  return false;
}

function beInVmxRoot(bench: Bench): void {
  bench.vmx = 'root';
}

function beInOtherL2(bench: Bench): void {
  bench.vmx = 'non-root';
}

/** L1 enters with the other depth of paging than the one that the exit loads, so the load shows. */
function loadOtherDepth(bench: Bench, hostCr4: unknown): void {
  const [, loaded] = /\bLA57=([01])/.exec(String(hostCr4)) ?? [];
  if (loaded === undefined) return;
  bench.cpuid.set('la57', true);
  if (loaded === '0') bench.l1.cr4 |= 0x1000n;
}

function offerVmfunc(bench: Bench): void {
  setControl(bench, 'ept', true);
  VMCS_KEYS.eptp_switching?.(bench, 1);
}
