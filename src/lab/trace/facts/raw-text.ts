import { wordToNumber } from '../../../mmu/index.js';
import { wordAt } from '../text/scan.js';
import { decimalWord } from './probes.js';
import type { Fields } from './recorded.js';

/** `trace-cmd report -R`, and reports that failed to parse an event's format: `gfn=256 role=14084`. */
export function isRaw(fields: string): boolean {
  return /^\s*(?:\[FAILED TO PARSE\]\s*)?\w+=/.test(fields);
}

/** Fields that a raw report gives in hex without saying so: those that the kernel prints so. */
const HEX_FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['kvm_mmu_set_spte', ['gfn', 'spte', 'sptep']],
  ['kvm_mmu_spte_requested', ['gfn', 'pfn']],
  ['kvm_mmu_pagetable_walk', ['addr', 'pferr']],
  ['kvm_mmu_paging_element', ['pte']],
  ['kvm_mmu_walker_error', ['pferr']],
  ['kvm_tdp_mmu_spte_changed', ['gfn', 'old_spte', 'new_spte']],
]);

/** The fields of a raw line. @param event Name of the event: it decides what is in hex. */
export function rawFields(event: string, text: string): Fields {
  const hexFields = text.includes('[FAILED TO PARSE]') ? [] : (HEX_FIELDS.get(event) ?? []);
  const values = new Map<string, string>();
  for (const [, key, value] of text.matchAll(/(\w+)=(ARRAY\[[^\]]*\]|\S+)/g)) {
    values.set(key as string, value as string);
  }
  const word = (name: string) => {
    const value = values.get(name);
    if (value === undefined) return null;
    const isHex = value.startsWith('0x') || hexFields.includes(name);
    return isHex ? wordAt(value, 0) : decimalWord(value);
  };
  return {
    word,
    number(name) {
      const value = word(name);
      return value === null ? Number.NaN : wordToNumber(value);
    },
    bytes(name) {
      return /^ARRAY\[([^\]]*)\]$/.exec(values.get(name) ?? '')?.[1]?.replaceAll(',', '') ?? null;
    },
  };
}
