import type { Word } from '../../../mmu/index.js';
import type { Fact, PageFact } from '../fact.js';
import { decimalAfter, decimalAt, hexAfter, wordAfter, wordAt } from '../text/scan.js';
import { exitOf } from './names.js';

/** Reads the fields of an event as the kernel or a plugin prints them; null if some are missing. */
export type ReadPrinted = (fields: string) => Fact | null;

/** Events that say something of the MMU, by name. The fields begin with a blank. */
export const PRINTED: ReadonlyMap<string, ReadPrinted> = new Map<string, ReadPrinted>([
  ['kvm_entry', entryOf],
  ['kvm_exit', exitFactOf],
  ['kvm_cr', crOf],
  ['kvm_page_fault', faultOf],
  ['kvm_mmu_get_page', (fields) => pageOf(fields, /\bexisting\b/.test(fields) ? 'found' : 'made')],
  ['kvm_mmu_sync_page', (fields) => pageOf(fields, 'synced')],
  ['kvm_mmu_unsync_page', (fields) => pageOf(fields, 'unsynced')],
  ['kvm_mmu_prepare_zap_page', (fields) => pageOf(fields, 'zapped')],
  ['kvm_mmu_zap_all_fast', () => ({ kind: 'zap-all' })],
  ['kvm_mmu_pagetable_walk', walkOf],
  ['kvm_mmu_paging_element', elementOf],
  ['kvm_mmu_walker_error', walkFailedOf],
  ['kvm_mmu_set_spte', spteOf],
  ['kvm_mmu_spte_requested', requestedOf],
  ['kvm_tdp_mmu_spte_changed', tdpSpteOf],
  ['kvm_nested_vmenter', nestedEntryOf],
  ['kvm_nested_vmrun', nestedEntryOf],
  ['kvm_nested_vmexit', (fields) => nestedExitOf(fields, 'nested-exit')],
  ['kvm_nested_vmexit_inject', (fields) => nestedExitOf(fields, 'nested-inject')],
  ['kvm_nested_vmenter_failed', () => ({ kind: 'nested-failed' })],
  ['kvm_nested_vmrun_failed', () => ({ kind: 'nested-failed' })],
  ['kvm_emulate_insn', insnOf],
]);

/** `vcpu 0, rip 0x10000`, without the comma, with `[immediate exit]`, or `vcpu 3` alone. */
function entryOf(fields: string): Fact | null {
  const vcpu = vcpuIn(fields);
  return vcpu === null ? null : { kind: 'entry', vcpu };
}

/**
 * The number after `vcpu `; null if there is none.
 *
 * The word is always the first where it stands at all.
 */
function vcpuIn(fields: string): number | null {
  const at = fields.indexOf('vcpu ');
  const vcpu = at === -1 ? Number.NaN : decimalAt(fields, at + 5);
  return Number.isNaN(vcpu) ? null : vcpu;
}

/** With `info1` and `info2`, or with one `info` and two values. */
function exitFactOf(fields: string): Fact | null {
  const from = fields.indexOf('reason ');
  const rip = fields.indexOf(' rip ', from + 7);
  if (from === -1 || rip === -1) return null;
  const { reason, vendor } = exitOf(fields.slice(from + 7, rip));
  const vcpu = vcpuIn(fields);
  const numbered = fields.indexOf(' info1 ', rip);
  if (numbered !== -1) {
    const info1 = wordAt(fields, numbered + 7);
    return { kind: 'exit', vcpu, reason, vendor, info1, info2: wordAfter(fields, ' info2 ') };
  }
  const at = fields.indexOf(' info ', rip);
  if (at === -1) return { kind: 'exit', vcpu, reason, vendor, info1: null, info2: null };
  const second = fields.indexOf(' ', at + 6);
  const info2 = second === -1 ? null : wordAt(fields, second + 1);
  return { kind: 'exit', vcpu, reason, vendor, info1: wordAt(fields, at + 6), info2 };
}

/** `cr_write 3 = 0x103004`; a read changes nothing. */
function crOf(fields: string): Fact | null {
  const cr = decimalAfter(fields, 'cr_write ');
  const value = wordAfter(fields, '= ');
  return Number.isNaN(cr) || value === null ? null : { kind: 'cr-write', cr, value };
}

function faultOf(fields: string): Fact | null {
  const address = wordAfter(fields, 'address ');
  const error = wordAfter(fields, 'error_code ');
  if (address === null || error === null) return null;
  return { kind: 'fault', vcpu: vcpuIn(fields), address, error };
}

/**
 * `sp gen 0 gfn 130 l1 8-byte q0 direct w-x ...` of the kernel, `new sp gfn 130 1 q0 ...` of an
 * older kernel or of a plugin, `1/4 q3` of a still older one, and `1 q0 ...` without a frame.
 */
function pageOf(fields: string, what: PageFact['what']): Fact | null {
  const gfn = hexAfter(fields, 'gfn ');
  const level = levelIn(fields);
  if (Number.isNaN(level)) return null;
  const isDirect = fields.includes(' direct');
  return { kind: 'page', what, gfn: Number.isNaN(gfn) ? null : gfn, level, isDirect };
}

function levelIn(fields: string): number {
  const at = fields.indexOf(' q');
  if (at === -1) return Number.NaN;
  const end = fields[at - 1] === 'e' ? fields.lastIndexOf(' ', at - 1) : at;
  const from = fields.lastIndexOf(' ', end - 1) + 1;
  return decimalAt(fields, fields[from] === 'l' ? from + 1 : from);
}

function walkOf(fields: string): Fact | null {
  const address = wordAfter(fields, 'addr ');
  if (address === null) return null;
  const pferr = hexAfter(fields, 'pferr ');
  return { kind: 'walk', address, pferr: Number.isNaN(pferr) ? 0 : pferr };
}

function elementOf(fields: string): Fact | null {
  const value = wordAfter(fields, 'pte ');
  const level = decimalAfter(fields, 'level ');
  return value === null || Number.isNaN(level) ? null : { kind: 'element', value, level };
}

function walkFailedOf(fields: string): Fact | null {
  const pferr = hexAfter(fields, 'pferr ');
  return Number.isNaN(pferr) ? null : { kind: 'walk-failed', pferr };
}

function spteOf(fields: string): Fact | null {
  const gfn = hexAfter(fields, 'gfn ');
  const level = decimalAfter(fields, 'level ');
  const at = wordAfter(fields, ' at ');
  if (Number.isNaN(gfn) || Number.isNaN(level) || at === null) return null;
  return { kind: 'spte', gfn, level, at };
}

function requestedOf(fields: string): Fact | null {
  const gfn = hexAfter(fields, 'gfn ');
  return Number.isNaN(gfn) ? null : { kind: 'requested', gfn };
}

function tdpSpteOf(fields: string): Fact | null {
  const gfn = hexAfter(fields, 'gfn ');
  const level = decimalAfter(fields, 'level ');
  if (Number.isNaN(gfn) || Number.isNaN(level) || !fields.includes('new_spte')) return null;
  return { kind: 'tdp-spte', gfn, level };
}

/** Names end with a colon or not; the whole is often wrapped over three lines. */
function nestedEntryOf(fields: string): Fact | null {
  const vmcs = afterName(fields, /\bvmc[sb]:? /);
  const nested = /\b(?:nested_)?(?:ept|npt)[=:] ?(y|n|on|off)\b/.exec(fields)?.[1];
  if (vmcs === null || nested === undefined) return null;
  const hasTables = nested === 'y' || nested === 'on';
  const root = afterName(fields, /\b(?:nested_(?:eptp|cr3)|eptp|ncr3):? /);
  const cr3 = afterName(fields, /\bguest[ _]cr3:? /);
  if (hasTables && root === null && !fields.includes('npt: on')) return null;
  return { kind: 'nested-enter', vmcs, eptp: hasTables ? root : null, cr3 };
}

function afterName(fields: string, name: RegExp): Word | null {
  const found = name.exec(fields);
  return found === null ? null : wordAt(fields, found.index + found[0].length);
}

function nestedExitOf(fields: string, kind: 'nested-exit' | 'nested-inject'): Fact | null {
  const found = /\breason:? (.{1,40}?)(?:,? (?:rip|info\d|ext_inf1|intr)|$)/.exec(fields);
  return found === null ? null : { kind, reason: exitOf((found[1] as string).trim()).reason };
}

/** `0:100a4: 0f 01 3e (prot64)`: the bytes of the instruction, up to its end as KVM saw it. */
function insnOf(fields: string): Fact | null {
  const bytes = /:[\da-f]+:\s*((?:[\da-f]{2}\b\s?)+)/.exec(fields)?.[1];
  return bytes === undefined ? null : { kind: 'insn', bytes: bytes.trim() };
}
