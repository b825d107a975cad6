import type { Word } from '../../../mmu/index.js';
import type { Fact, PageFact } from '../fact.js';
import { exitOfNumber } from './names.js';
import { roleOf } from './role.js';

/** The fields of an event as they were recorded: of a binary, or of a raw report. */
export interface Fields {
  /** The value of a field; null if the event has none of that name. */
  word(name: string): Word | null;
  /** The value as a number: NaN if there is none. A frame is decimal in some raw reports. */
  number(name: string): number;
  /** The bytes of an array, as hex and blanks; null if the event has none of that name. */
  bytes(name: string): string | null;
}

type ReadRecorded = (fields: Fields) => Fact | null;

/** Events that say something of the MMU, by name: the fields that kernels since 3.x recorded. */
export const RECORDED: ReadonlyMap<string, ReadRecorded> = new Map<string, ReadRecorded>([
  ['kvm_entry', (fields) => ({ kind: 'entry', vcpu: vcpuOf(fields) })],
  ['kvm_exit', exitFactOf],
  ['kvm_cr', crOf],
  ['kvm_page_fault', faultOf],
  [
    'kvm_mmu_get_page',
    (fields) => pageOf(fields, fields.number('created') === 0 ? 'found' : 'made'),
  ],
  ['kvm_mmu_sync_page', (fields) => pageOf(fields, 'synced')],
  ['kvm_mmu_unsync_page', (fields) => pageOf(fields, 'unsynced')],
  ['kvm_mmu_prepare_zap_page', (fields) => pageOf(fields, 'zapped')],
  ['kvm_mmu_zap_all_fast', () => ({ kind: 'zap-all' })],
  ['kvm_mmu_pagetable_walk', walkOf],
  ['kvm_mmu_paging_element', elementOf],
  ['kvm_mmu_walker_error', (fields) => ({ kind: 'walk-failed', pferr: fields.number('pferr') })],
  ['kvm_mmu_set_spte', spteOf],
  ['kvm_mmu_spte_requested', requestedOf],
  ['kvm_tdp_mmu_spte_changed', tdpSpteOf],
  ['kvm_nested_vmenter', nestedEntryOf],
  ['kvm_nested_vmrun', nestedEntryOf],
  ['kvm_nested_vmexit', nestedExitOf],
  ['kvm_nested_vmexit_inject', nestedInjectOf],
  ['kvm_nested_vmenter_failed', () => ({ kind: 'nested-failed' })],
  ['kvm_emulate_insn', insnOf],
]);

function vcpuOf(fields: Fields): number | null {
  const vcpu = fields.number('vcpu_id');
  return Number.isNaN(vcpu) ? null : vcpu;
}

function exitFactOf(fields: Fields): Fact | null {
  const number = fields.number('exit_reason');
  if (Number.isNaN(number)) return null;
  const name = exitOfNumber(number, fields.number('isa'));
  const [info1, info2] = [fields.word('info1'), fields.word('info2')];
  return { kind: 'exit', vcpu: vcpuOf(fields), ...name, info1, info2 };
}

function crOf(fields: Fields): Fact | null {
  const value = fields.word('val');
  if (value === null || fields.number('rw') !== 1) return null;
  return { kind: 'cr-write', cr: fields.number('cr'), value };
}

function faultOf(fields: Fields): Fact | null {
  const address = fields.word('fault_address');
  const error = fields.word('error_code');
  if (address === null || error === null) return null;
  return { kind: 'fault', vcpu: vcpuOf(fields), address, error };
}

function pageOf(fields: Fields, what: PageFact['what']): Fact | null {
  const gfn = fields.number('gfn');
  const role = fields.number('role');
  if (Number.isNaN(gfn) || Number.isNaN(role)) return null;
  return { kind: 'page', what, gfn, ...roleOf(role) };
}

function walkOf(fields: Fields): Fact | null {
  const address = fields.word('addr');
  return address === null ? null : { kind: 'walk', address, pferr: fields.number('pferr') };
}

function elementOf(fields: Fields): Fact | null {
  const value = fields.word('pte');
  return value === null ? null : { kind: 'element', value, level: fields.number('level') };
}

function spteOf(fields: Fields): Fact | null {
  const at = fields.word('sptep');
  if (at === null) return null;
  return { kind: 'spte', gfn: fields.number('gfn'), level: fields.number('level'), at };
}

function requestedOf(fields: Fields): Fact | null {
  const gfn = fields.number('gfn');
  return Number.isNaN(gfn) ? null : { kind: 'requested', gfn };
}

function tdpSpteOf(fields: Fields): Fact | null {
  const gfn = fields.number('gfn');
  return Number.isNaN(gfn) ? null : { kind: 'tdp-spte', gfn, level: fields.number('level') };
}

/** One field holds the EPT pointer, the nCR3 or L2's CR3: which, another says. */
function nestedEntryOf(fields: Fields): Fact | null {
  const vmcs = fields.word('vmcb');
  const isNested = fields.number('tdp_enabled') || fields.number('npt');
  const root = fields.word('guest_tdp_pgd') ?? fields.word('nested_cr3');
  if (vmcs === null) return null;
  const [eptp, cr3] = isNested ? [root, null] : [null, fields.word('guest_cr3') ?? root];
  return { kind: 'nested-enter', vmcs, eptp, cr3 };
}

function nestedExitOf(fields: Fields): Fact {
  const number = fields.number('exit_reason');
  return { kind: 'nested-exit', reason: exitOfNumber(number, fields.number('isa')).reason };
}

function nestedInjectOf(fields: Fields): Fact {
  const number = fields.number('exit_code');
  return { kind: 'nested-inject', reason: exitOfNumber(number, fields.number('isa')).reason };
}

function insnOf(fields: Fields): Fact | null {
  const bytes = fields.bytes('insn');
  const length = fields.number('len');
  if (bytes === null) return null;
  const shown = Number.isNaN(length) ? bytes : bytes.split(' ').slice(0, length).join(' ');
  return { kind: 'insn', bytes: shown };
}
