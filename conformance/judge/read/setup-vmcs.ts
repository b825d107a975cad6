import {
  CONTROLS,
  type ControlName,
  setControl,
  setVmcsBits,
  vmcsField,
} from '../attempt/controls.js';
import { EPTP_LIST_GPA, EPTP_VALID } from '../attempt/guest-memory.js';
import { type MachineSpec, offerFeature } from '../attempt/machine-spec.js';
import { bitMask, bitPlaceOf, withBits } from '../attempt/register-bits.js';
import { Unreadable } from '../attempt/unreadable.js';
import { readContext } from './context.js';
import { flagOf, textOf, wordOf } from './reading.js';
import type { Apply } from './setup-processor.js';

/**
 * Keys about the VMCS with which L1 enters L2. They are applied in this order, whatever order a
 * case has: a control before the fields that depend on it.
 */
export const VMCS_KEYS: Readonly<Record<string, Apply>> = {
  function_bits: (spec, value) => {
    spec.vmcs.set('VM_FUNCTION_CONTROL', wordOf(value));
  },
  eptp_switching: (spec, value) => setEptpSwitching(spec, flagOf(value)),
  list: (spec, value) => setEptpList(spec, textOf(value)),
  pdpte_source: (spec, value) => setPdpteSource(spec, textOf(value)),
  guest: (spec, value) => setGuest(spec, textOf(value)),
  ept: control('ept'),
  vpid_ctl: control('vpid_ctl'),
  unrestricted_guest: control('unrestricted_guest'),
  mbec: control('mbec'),
  pml: control('pml'),
  vmfunc_ctl: control('vmfunc_ctl'),
  enable_invpcid_ctl: control('enable_invpcid_ctl'),
  invlpg_exiting: control('invlpg_exiting'),
  cr3_load_exiting: control('cr3_load_exiting'),
  cr3_store_exiting: control('cr3_store_exiting'),
  load_host_efer: control('load_host_efer'),
  load_guest_efer: control('load_guest_efer'),
  host_64: (spec, value) => setHost64(spec, flagOf(value)),
  guest_64: (spec, value) => setGuest64(spec, flagOf(value)),
  guest_cr0_pg: (spec, value) =>
    setVmcsBits(spec, 'GUEST_CR0', bitMask('cr0', 'PG'), flagOf(value)),
  vpid: field('VIRTUAL_PROCESSOR_ID'),
  eptp: field('EPT_POINTER'),
  eptp_list_address: field('EPTP_LIST_ADDRESS'),
  pml_address: field('PML_ADDRESS'),
  cr3_target_count: field('CR3_TARGET_COUNT'),
  cr3_targets: setCr3Targets,
  cr0_mask: field('CR0_GUEST_HOST_MASK'),
  cr4_mask: field('CR4_GUEST_HOST_MASK'),
  host_cr0: register('HOST_CR0'),
  host_cr3: (spec, value) => spec.vmcs.set('HOST_CR3', tableOf(value)),
  host_cr4: register('HOST_CR4'),
  host_rip: field('HOST_RIP'),
  host_efer: register('HOST_IA32_EFER'),
  host_efer_bit: bit('HOST_IA32_EFER'),
  host_efer_lma: named('HOST_IA32_EFER', 'LMA'),
  host_efer_lme: named('HOST_IA32_EFER', 'LME'),
  guest_cr0: register('GUEST_CR0'),
  guest_cr3: field('GUEST_CR3'),
  guest_cr4: register('GUEST_CR4'),
  guest_efer: register('GUEST_IA32_EFER'),
  guest_efer_bit: bit('GUEST_IA32_EFER'),
  guest_efer_lma: named('GUEST_IA32_EFER', 'LMA'),
  guest_efer_lme: named('GUEST_IA32_EFER', 'LME'),
};

function control(name: ControlName): Apply {
  return (spec, value) => setControl(spec, name, flagOf(value));
}

function field(name: string): Apply {
  return (spec, value) => {
    spec.vmcs.set(name, wordOf(value));
  };
}

function bit(name: string): Apply {
  return (spec, value) => setVmcsBits(spec, name, wordOf(value), true);
}

function named(name: string, bitName: 'LMA' | 'LME'): Apply {
  return (spec, value) => setVmcsBits(spec, name, bitMask('efer', bitName), flagOf(value));
}

/** A register's field: a value, bits by name, or a bit that the fixed-bit MSRs do not allow. */
function register(name: string): Apply {
  return (spec, value) => {
    spec.vmcs.set(name, registerValue(spec, name, value));
  };
}

function registerValue(spec: MachineSpec, name: string, value: unknown): bigint {
  const before = vmcsField(spec, name);
  if (typeof value !== 'string' || value.startsWith('0x')) return wordOf(value);
  const fixed = /^(?:set|clear) a bit that (CR[04])_FIXED([01]) forces to [01]$/i.exec(value);
  if (fixed !== null) {
    return fixed[2] === '1' ? before | FORCED_TO_0 : before & ~forcedTo1(fixed[1] ?? '');
  }
  return value.split(',').reduce((after, part) => withNamedBit(spec, after, part.trim()), before);
}

/** Bit 63 is no bit of CR0 or CR4 in any processor. */
const FORCED_TO_0 = 1n << 63n;

/** VMX operation needs CR0.NE and CR4.VMXE, whatever else it needs. */
function forcedTo1(name: string): bigint {
  return name.toLowerCase() === 'cr0' ? bitMask('cr0', 'NE') : bitMask('cr4', 'VMXE');
}

function withNamedBit(spec: MachineSpec, before: bigint, text: string): bigint {
  const [, name, on] = /^(\w+) ?= ?([01])$/.exec(text) ?? [];
  const place = name === undefined ? undefined : bitPlaceOf(name);
  if (name === undefined || place === undefined) throw new Unreadable(`register value "${text}"`);
  if (on === '1') offerFeature(spec, name);
  return withBits(before, place.mask, on === '1');
}

/** CR3 by its value, by its PCID, or by the kind of table that it points to. */
function tableOf(value: unknown): bigint {
  const text = String(value);
  const pcid = /PCID (\d+)/.exec(text);
  if (pcid?.[1] !== undefined) return 0x101000n | BigInt(pcid[1]);
  if (/^pml[45] table$/.test(text)) return 0x102000n;
  return wordOf(value);
}

function setCr3Targets(spec: MachineSpec, value: unknown): void {
  if (!Array.isArray(value)) throw new Unreadable('cr3_targets');
  for (const [index, target] of value.entries()) {
    spec.vmcs.set(`CR3_TARGET_VALUE${index}`, wordOf(target));
  }
}

function setEptpSwitching(spec: MachineSpec, on: boolean): void {
  setControl(spec, 'vmfunc_ctl', on);
  setControl(spec, 'ept', on);
  spec.vmcs.set('VM_FUNCTION_CONTROL', on ? 1n : 0n);
  spec.vmcs.set('EPTP_LIST_ADDRESS', EPTP_LIST_GPA);
}

/** An entry of the EPTP list: sound, or wrong in what the text names. */
function setEptpList({ memory }: MachineSpec, text: string): void {
  const [, index, what = ''] = /^entry (\d+)[ =:]+(.*)$/.exec(text) ?? [];
  if (index === undefined) throw new Unreadable(`list "${text}"`);
  memory.set(EPTP_LIST_GPA + 8n * BigInt(index), eptpOf(what));
}

function eptpOf(text: string): bigint {
  const other = 0x400000n | (EPTP_VALID & 0xfffn);
  const [, memtype] = /^memtype (\d)/.exec(text) ?? [];
  const [, levels] = /^(?:page-)?walk length (\d)/.exec(text) ?? [];
  const [, set] = /bit (\d+)(?: set)?/.exec(text) ?? [];
  if (memtype !== undefined) return (other & ~7n) | BigInt(memtype);
  if (levels !== undefined) return (other & ~0x38n) | ((BigInt(levels) - 1n) << 3n);
  if (set !== undefined) return other | (1n << BigInt(set));
  if (text === 'valid') return other;
  if (/^0x[0-9a-f]+$/i.test(text)) return BigInt(text);
  throw new Unreadable(`list entry "${text}"`);
}

function setPdpteSource(spec: MachineSpec, text: string): void {
  const [, state] = /EPT (on|off)/.exec(text) ?? [];
  if (state === undefined) throw new Unreadable(`pdpte_source "${text}"`);
  setControl(spec, 'ept', state === 'on');
  const [, cr3] = /CR3=(0x[0-9a-f]+)/i.exec(text) ?? [];
  if (cr3 !== undefined) spec.vmcs.set('GUEST_CR3', BigInt(cr3));
}

function setGuest(spec: MachineSpec, text: string): void {
  const [kind = '', ...rest] = text.split(/, ?/);
  const pae = { 'PAE 32-bit': true, '32-bit PAE': true, '32-bit non-PAE': false }[kind];
  if (pae !== undefined) {
    setGuest64(spec, false);
    setVmcsBits(spec, 'GUEST_CR4', bitMask('cr4', 'PAE'), pae);
  } else if (kind === '64-bit') {
    setGuest64(spec, true);
  } else {
    throw new Unreadable(`guest "${text}"`);
  }
  for (const part of rest) {
    const [, state] = /^EPT (on|off)$/.exec(part) ?? [];
    if (state === undefined) throw new Unreadable(`guest "${text}"`);
    setControl(spec, 'ept', state === 'on');
  }
}

function setGuest64(spec: MachineSpec, on: boolean): void {
  setVmcsBits(spec, ...CONTROLS.guest_64, on);
  spec.vmcs.set('GUEST_IA32_EFER', on ? 0x500n : 0n);
}

/** Without a 64-bit host there is no long mode at all: L1 itself and L2 are 32-bit then. */
function setHost64(spec: MachineSpec, on: boolean): void {
  setVmcsBits(spec, ...CONTROLS.host_64, on);
  if (on) return;
  readContext(spec, 'PAE paging');
  setGuest64(spec, false);
  spec.vmcs.set('HOST_IA32_EFER', 0n);
}
