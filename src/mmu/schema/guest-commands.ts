import { z } from 'zod';
import {
  accessor,
  bytes,
  encoding,
  gpr,
  operand,
  revision,
  uint32,
  VCPUS_PER_VM_MAX,
  VcpuIndex,
  VmcsField,
  value,
} from './command-fields.js';
import type { CommandSpec } from './command-spec.js';
import { Hex32, Hex64, Operand64 } from './hex.js';
import { HvFlush } from './hv-flush.js';

/** Instructions that a guest executes. */
export const GUEST_COMMANDS = {
  'mov-cr0': {
    summary: 'MOV to CR0, executed by the guest.',
    runsIn: 'guest',
    body: z.strictObject({ value, gpr }),
  },
  'mov-cr3': {
    summary: 'MOV to CR3, executed by the guest; bit 63 of the value asks for no flush.',
    runsIn: 'guest',
    body: z.strictObject({ value, gpr }),
  },
  'mov-cr4': {
    summary: 'MOV to CR4, executed by the guest.',
    runsIn: 'guest',
    body: z.strictObject({ value, gpr }),
  },
  'mov-from-cr3': {
    summary: 'MOV from CR3, executed by the guest.',
    runsIn: 'guest',
    body: z.strictObject({ gpr }),
  },
  'wrmsr-efer': {
    summary: 'WRMSR to IA32_EFER, executed by the guest.',
    runsIn: 'guest',
    body: z.strictObject({ value }),
  },
  'wrmsr-pkrs': {
    summary: 'WRMSR to IA32_PKRS, executed by the guest.',
    runsIn: 'guest',
    body: z.strictObject({ value }),
  },
  wrpkru: {
    summary: 'WRPKRU, executed by the guest at whatever CPL.',
    runsIn: 'guest',
    body: z.strictObject({
      value: Hex32,
      ecx: uint32.default(0),
      edx: uint32.default(0).describe('Must be 0, and so must ECX.'),
    }),
  },
  invlpg: {
    summary: 'INVLPG, executed by the guest.',
    runsIn: 'guest',
    body: z.strictObject({ gva: Hex64, encoding }),
  },
  invpcid: {
    summary: 'INVPCID, executed by the guest.',
    runsIn: 'guest',
    body: z.strictObject({ type: Operand64, pcid: Operand64, gva: Hex64, encoding, operand }),
  },
  vmxon: {
    summary: 'VMXON, executed by L1.',
    runsIn: 'guest',
    body: z.strictObject({ address: Hex64, revision }),
  },
  vmxoff: {
    summary: 'VMXOFF, executed by L1.',
    runsIn: 'guest',
    body: z.strictObject({}),
  },
  vmclear: {
    summary: 'VMCLEAR, executed by L1.',
    runsIn: 'guest',
    body: z.strictObject({ address: Hex64 }),
  },
  vmptrld: {
    summary: 'VMPTRLD, executed by L1.',
    runsIn: 'guest',
    body: z.strictObject({ address: Hex64, revision }),
  },
  vmread: {
    summary: 'VMREAD from the current VMCS, executed by L1.',
    runsIn: 'guest',
    body: z.strictObject({ field: VmcsField }),
  },
  vmwrite: {
    summary: 'VMWRITE to the current VMCS, executed by L1.',
    runsIn: 'guest',
    body: z.strictObject({ field: VmcsField, value }),
  },
  vmlaunch: {
    summary: 'VMLAUNCH, executed by L1.',
    runsIn: 'guest',
    body: z.strictObject({}),
  },
  vmresume: {
    summary: 'VMRESUME, executed by L1.',
    runsIn: 'guest',
    body: z.strictObject({}),
  },
  invept: {
    summary: 'INVEPT, executed by L1.',
    runsIn: 'guest',
    body: z.strictObject({ type: Operand64, eptp: Hex64, encoding, operand }),
  },
  invvpid: {
    summary: 'INVVPID, executed by L1.',
    runsIn: 'guest',
    body: z.strictObject({ type: Operand64, vpid: Operand64, gva: Hex64, encoding, operand }),
  },
  vmfunc: {
    summary: 'VMFUNC, executed by L2: function 0 switches the EPTP.',
    runsIn: 'guest',
    body: z.strictObject({
      function: uint32.default(0).describe('EAX.'),
      index: uint32.default(0).describe('ECX.'),
    }),
  },
  vmexit: {
    summary: 'L2 does something that L1 asked to see: a VM exit from L2 to L1.',
    runsIn: 'guest',
    body: z.strictObject({
      reason: z.number().int().min(0).max(0xffff).default(18).describe('Basic exit reason.'),
      qualification: Hex64.default({ page: 0, low: 0 }),
      synthesized: z
        .literal(true)
        .optional()
        .describe('KVM reports the exit for an event, without running L2 first (to v5.19).'),
    }),
  },
  'pv-flush': {
    summary: 'A Linux guest flushes other vCPUs: kvm_flush_tlb_multi(). The rest needs interrupts.',
    runsIn: 'guest',
    body: z.strictObject({ vcpus: z.array(VcpuIndex).min(1).max(VCPUS_PER_VM_MAX) }),
  },
  'hv-flush': {
    summary: 'The guest makes a hypercall of Hyper-V that flushes TLBs.',
    runsIn: 'guest',
    body: HvFlush,
  },
  vmrun: {
    summary: 'VMRUN, executed by L1 of an SVM hypervisor.',
    runsIn: 'guest',
    body: z.strictObject({
      nestedCr3: Hex64.optional().describe('nCR3. Without it nested paging is off.'),
      gmet: z.boolean().default(false).describe('Guest mode execute trap; KVM knows it since 7.3.'),
      asid: uint32.default(1),
      cr0: Hex64.optional().describe('Registers of L2; without them those of L1.'),
      cr3: Hex64.optional(),
      cr4: Hex64.optional(),
      efer: Hex64.optional(),
      cpl: z.number().int().min(0).max(3).default(0),
    }),
  },
  read: {
    summary: 'A load from linear memory, executed by the guest.',
    runsIn: 'guest',
    body: z.strictObject({ gva: Hex64, bytes, ...accessor }),
  },
  write: {
    summary: 'A store to linear memory, executed by the guest.',
    runsIn: 'guest',
    body: z.strictObject({ gva: Hex64, value, bytes, ...accessor }),
  },
  execute: {
    summary: 'An instruction fetch from linear memory, by the guest.',
    runsIn: 'guest',
    body: z.strictObject({ gva: Hex64, user: accessor.user }),
  },
} as const satisfies Record<string, CommandSpec>;
