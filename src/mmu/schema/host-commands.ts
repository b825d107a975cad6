import { z } from 'zod';
import { value } from './command-fields.js';
import type { CommandSpec } from './command-spec.js';
import { CpuidFeatures, Maxphyaddr } from './config.js';
import { Hex64, PhysicalAddress } from './hex.js';
import {
  MapRange,
  Memslot,
  MemslotId,
  PAGE_RUNS_MAX,
  PageRun,
  pageBytes,
  pageNumber,
} from './memory.js';
import { MmuName, Slot } from './names.js';
import { RequestName } from './request.js';

/** Operations of KVM's own and of the VMM, and what reaches a vCPU from outside. */
export const HOST_COMMANDS = {
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
  preempt: {
    summary: 'The host schedules the vCPU out, and says so in its steal time.',
    runsIn: 'host',
    body: z.strictObject({}),
  },
  'set-cpuid': {
    summary: 'The VMM sets CPUID of every vCPU: KVM_SET_CPUID2. What is left out has its default.',
    runsIn: 'host',
    body: z.strictObject({ cpuid: CpuidFeatures.prefault({}), maxphyaddr: Maxphyaddr }),
  },
  'get-nested-state': {
    summary:
      'The VMM asks for the nested state: KVM_GET_NESTED_STATE. KVM stores the registers of an L2 that runs in its VMCS.',
    runsIn: 'host',
    body: z.strictObject({}),
  },
  'set-nested-state': {
    summary: 'The VMM puts nested state back: KVM_SET_NESTED_STATE.',
    runsIn: 'host',
    body: z.strictObject({
      vmxon: Hex64.nullable()
        .default(null)
        .describe('The VMXON region; null: L1 is outside VMX operation.'),
      vmcs12: Hex64.nullable()
        .default(null)
        .describe('The current VMCS, as the VM holds it; null: none.'),
      guestMode: z.boolean().default(false).describe('L2 runs, from that VMCS.'),
    }),
  },
  smi: {
    summary: 'An SMI reaches the vCPU, which enters system-management mode.',
    runsIn: 'guest',
    body: z.strictObject({}),
  },
  rsm: {
    summary: 'RSM, executed by the guest in system-management mode.',
    runsIn: 'guest',
    body: z.strictObject({}),
  },
  init: {
    summary: 'INIT reaches the vCPU, and sets its registers back; where it is blocked it waits.',
    runsIn: 'guest',
    body: z.strictObject({}),
  },
  'dirty-log': {
    summary: 'The VMM turns dirty logging of a memslot on or off.',
    runsIn: 'host',
    body: z.strictObject({ slot: MemslotId, enabled: z.boolean() }),
  },
  'get-dirty-log': {
    summary: 'The VMM asks for the dirty pages of a memslot: KVM_GET_DIRTY_LOG.',
    runsIn: 'host',
    givesRoom: true,
    body: z.strictObject({ slot: MemslotId }),
  },
  'clear-dirty-log': {
    summary: 'The VMM has pages of a memslot logged again: KVM_CLEAR_DIRTY_LOG.',
    runsIn: 'host',
    body: z.strictObject({
      slot: MemslotId,
      firstPage: pageNumber.default(0).describe('A multiple of 64.'),
      pages: pageNumber.describe('A multiple of 64, or all up to the end.'),
      dirty: z
        .array(PageRun)
        .max(PAGE_RUNS_MAX)
        .optional()
        .describe('The pages among them that are meant; without it all.'),
    }),
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
