import type { Word } from '../../../mmu/index.js';
import { type Fact, PROBED, type Probed } from '../fact.js';
import { wordAt } from '../text/scan.js';

/**
 * Names of probes: of the functions, and those that `mmulab record` gives, which a binary or a
 * report without symbols keeps.
 */
const PROBES: ReadonlyMap<string, Probed> = new Map<string, Probed>([
  ...PROBED.map((name) => [name, name] as const),
  ['set_cr3', 'kvm_set_cr3'],
  ['mmu_invlpg', 'kvm_mmu_invlpg'],
  ['invpcid', 'kvm_handle_invpcid'],
  ['invpcid_gva', 'kvm_mmu_invpcid_gva'],
  ['inv_pcid', 'kvm_invalidate_pcid'],
  ['pte_write', 'kvm_mmu_pte_write'],
  ['n_check_eptp', 'nested_vmx_check_eptp'],
  ['n_load_cr3', 'nested_vmx_load_cr3'],
]);

/**
 * `(kvm_set_cr3+0x0/0x190 [kvm]) val=0x100000`, or an address in the parentheses; a raw report has
 * the address in a field.
 */
const PROBE = /^\s*(?:\((\w+)|__probe_ip=)/;
const RETURN = /^\s*\([^)]*<- ?[\w.]+[^)]*\)|__probe_ret_ip=/;
const ARGUMENT = /(?:^|\s)(\w+)=(0x[\da-fA-F]+|\d+)(?=\s|$)/g;

/**
 * The fact of a kprobe's line; `undefined` if it is no kprobe, null if it is one of no use here.
 *
 * @param name The probe's own name, which its owner chose.
 */
export function probeOf(name: string, fields: string): Fact | null | undefined {
  const place = PROBE.exec(fields);
  if (place === null) return undefined;
  const of = PROBES.get(place[1] ?? '') ?? probedBy(name);
  // A probe of a return has no arguments, and stands where the function was called from.
  if (of === undefined || RETURN.test(fields)) return null;
  const args = new Map<string, Word>();
  for (const [, key, value] of fields.matchAll(ARGUMENT)) {
    const word = (value as string).startsWith('0x')
      ? wordAt(value as string, 0)
      : decimalWord(value);
    if (word !== null) args.set(key as string, word);
  }
  return { kind: 'probe', of, args };
}

/** The function of a probe by the probe's name alone: perf counts those of one function. */
export function probedBy(name: string): Probed | undefined {
  return PROBES.get(name) ?? PROBES.get(name.replace(/_\d+$/, ''));
}

/** A decimal number of up to 64 bits; negative ones as the processor holds them. */
export function decimalWord(text: string | undefined): Word | null {
  if (text === undefined || !/^-?\d+$/.test(text)) return null;
  return wordAt(BigInt.asUintN(64, BigInt(text)).toString(16), 0);
}
