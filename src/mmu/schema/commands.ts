import { z } from 'zod';
import {
  accessor,
  bytes,
  encoding,
  gpr,
  operand,
  revision,
  uint32,
  VmcsField,
  value,
} from './command-fields.js';
import type { CommandSpec } from './command-spec.js';
import { Hex64, Operand64, PhysicalAddress } from './hex.js';
import { MapRange, Memslot, MemslotId, pageBytes } from './memory.js';
import { MmuName, Slot } from './names.js';
import { RequestName } from './request.js';

/** Every kind of command, in the order in which they are shown. */
export const COMMANDS = {
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
  'load-root': {
    summary: 'KVM switches to a pgd through the root cache: kvm_mmu_new_pgd().',
    runsIn: 'host',
    body: z.strictObject({ pgd: Hex64 }),
  },
  enter: {
    summary: 'KVM services the pending requests, loads a root and enters: vcpu_enter_guest().',
    runsIn: 'host',
    body: z.strictObject({}),
  },
  'make-request': {
    summary: 'KVM makes a request to the vCPU: kvm_make_request().',
    runsIn: 'host',
    body: z.strictObject({ request: RequestName }),
  },
  'zap-all': {
    summary: 'A memslot was deleted or moved: kvm_mmu_zap_all_fast().',
    runsIn: 'host',
    givesRoom: true,
    body: z.strictObject({}),
  },
  'set-memslot': {
    summary: 'The VMM adds, moves or deletes a memslot: KVM_SET_USER_MEMORY_REGION.',
    runsIn: 'host',
    givesRoom: true,
    body: z.strictObject({
      slot: MemslotId,
      memslot: Memslot.nullable().describe('Null deletes the memslot.'),
    }),
  },
  'host-write': {
    summary: 'The VMM, or a device, writes 8 bytes of memory; KVM does not see it.',
    runsIn: 'host',
    body: z.strictObject({ gpa: PhysicalAddress, value }),
  },
  init: {
    summary: 'INIT reaches the vCPU, and sets its registers back.',
    runsIn: 'guest',
    body: z.strictObject({}),
  },
  'dirty-log': {
    summary: 'The VMM turns dirty logging of a memslot on or off.',
    runsIn: 'host',
    body: z.strictObject({ slot: MemslotId, enabled: z.boolean() }),
  },
  unmap: {
    summary: 'The host takes pages away, which come back when touched: kvm_unmap_gfn_range().',
    runsIn: 'host',
    givesRoom: true,
    body: z.strictObject({ gpa: PhysicalAddress, bytes: pageBytes }),
  },
  map: {
    summary: 'Builds page tables for a range, so that a test need not write their entries.',
    runsIn: 'host',
    body: MapRange,
  },
  'set-sregs': {
    summary: 'The VMM sets special registers: KVM_SET_SREGS.',
    runsIn: 'host',
    body: z.strictObject({
      cr0: Hex64.optional(),
      cr3: Hex64.optional(),
      cr4: Hex64.optional(),
      efer: Hex64.optional(),
      cpl: z.number().int().min(0).max(3).optional(),
      csL: z.boolean().optional(),
      vm86: z.boolean().optional(),
    }),
  },
  'free-roots': {
    summary: 'KVM frees roots of an MMU: kvm_mmu_free_roots().',
    runsIn: 'host',
    givesRoom: true,
    body: z.strictObject({
      mmu: MmuName,
      roots: z.array(Slot).max(16).default([]).describe('Slots; an empty list means all.'),
    }),
  },
  'reset-context': {
    summary: 'KVM drops all roots and configures the MMU anew: kvm_mmu_reset_context().',
    runsIn: 'host',
    givesRoom: true,
    body: z.strictObject({}),
  },
} as const satisfies Record<string, CommandSpec>;

export type CommandKind = keyof typeof COMMANDS;

export const COMMAND_KINDS = Object.keys(COMMANDS) as [CommandKind, ...CommandKind[]];

/** The kind of a command, where a message names one. */
export const CommandKind = z
  .enum(COMMAND_KINDS)
  .meta({ id: 'CommandKind', description: 'Kind of a command.' });
