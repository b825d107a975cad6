import { z } from 'zod';
import { hex, isHighHalf, VMCS, VMCS12_REVISION, vmcsFieldNameOf } from '../machine/index.js';
import { Hex64, Operand64, PhysicalAddress } from './hex.js';
import { MapRange, Memslot, MemslotId, pageBytes } from './memory.js';
import { MmuName, Slot } from './names.js';
import { RequestName } from './request.js';

export const VCPUS_PER_VM_MAX = 64;

/** Index of a vCPU in its VM. */
export const VcpuIndex = z
  .number()
  .int()
  .min(0)
  .max(VCPUS_PER_VM_MAX - 1)
  .meta({ id: 'VcpuIndex', description: 'Index of a vCPU in its VM, from 0.' });

/** Register operand of MOV to or from a control register: 0 is RAX, 6 is RSI. */
const gpr = z.number().int().min(0).max(15).default(0).describe('Register operand: 0 is RAX.');

/**
 * Where an instruction's descriptor lies in linear memory. If given, the access to it is checked
 * (segment, LAM, page walk) as the processor does; its content is what the command says.
 */
const DescriptorOperand = z
  .strictObject({
    segment: z.enum(['ds', 'ss']).default('ds'),
    gva: Hex64,
  })
  .meta({
    id: 'DescriptorOperand',
    description: 'Linear address of the descriptor: its access is checked; its content is given.',
  });
const operand = DescriptorOperand.nullable().default(null);

/** How the instruction was encoded: only `memory` is legal, and without LOCK. */
const encoding = z
  .enum(['memory', 'register', 'lock'])
  .meta({ id: 'OperandForm', description: 'Operand form; anything but `memory` is #UD.' })
  .default('memory');

/** A component of the VMCS: its name in the manual, or its encoding in hex. */
export const VmcsField = z
  .codec(
    z.union([
      z.enum(Object.keys(VMCS) as [keyof typeof VMCS]),
      z.string().regex(/^0x[0-9a-f]{1,8}$/),
    ]),
    z.custom<number>(),
    {
      decode: (field) =>
        field.startsWith('0x')
          ? Number.parseInt(field.slice(2), 16)
          : VMCS[field as keyof typeof VMCS],
      encode: (of) => (isHighHalf(of) ? undefined : vmcsFieldNameOf(of)) ?? hex(of),
    },
  )
  .meta({ id: 'VmcsField', description: "A VMCS component: the manual's name, or its encoding." });

const revision = z
  .number()
  .int()
  .min(0)
  .max(2 ** 32 - 1)
  .default(VMCS12_REVISION)
  .describe('Revision identifier that L1 stored in the region.');

const value = Hex64;

/** Bytes of a load or store. */
const bytes = z
  .union([z.literal(1), z.literal(2), z.literal(4), z.literal(8)])
  .default(8)
  .describe('Bytes that are accessed.');

/** Who accesses memory: supervisor or user, and whether EFLAGS.AC lifts SMAP. */
const accessor = {
  user: z.boolean().default(false).describe('Access at CPL 3, whatever the CPL is.'),
  ac: z.boolean().default(false).describe('EFLAGS.AC: a supervisor may touch user pages.'),
};

/** The fields of each command besides `kind` and `vcpu`: also the body of its endpoint. */
export const COMMAND_BODIES = {
  'mov-cr0': z.strictObject({ value, gpr }),
  'mov-cr3': z.strictObject({ value, gpr }),
  'mov-cr4': z.strictObject({ value, gpr }),
  'mov-from-cr3': z.strictObject({ gpr }),
  'wrmsr-efer': z.strictObject({ value }),
  invlpg: z.strictObject({ gva: Hex64, encoding }),
  invpcid: z.strictObject({ type: Operand64, pcid: Operand64, gva: Hex64, encoding, operand }),
  vmxon: z.strictObject({ address: Hex64, revision }),
  vmxoff: z.strictObject({}),
  vmclear: z.strictObject({ address: Hex64 }),
  vmptrld: z.strictObject({ address: Hex64, revision }),
  vmread: z.strictObject({ field: VmcsField }),
  vmwrite: z.strictObject({ field: VmcsField, value }),
  vmlaunch: z.strictObject({}),
  vmresume: z.strictObject({}),
  invept: z.strictObject({ type: Operand64, eptp: Hex64, encoding, operand }),
  invvpid: z.strictObject({ type: Operand64, vpid: Operand64, gva: Hex64, encoding, operand }),
  vmfunc: z.strictObject({
    function: z
      .number()
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(0)
      .describe('EAX.'),
    index: z
      .number()
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(0)
      .describe('ECX.'),
  }),
  vmexit: z.strictObject({
    reason: z.number().int().min(0).max(0xffff).default(18).describe('Basic exit reason.'),
    qualification: Hex64.default({ page: 0, low: 0 }),
    synthesized: z
      .literal(true)
      .optional()
      .describe('KVM makes it up for an event, instead of running L2 first (to v5.19).'),
  }),
  read: z.strictObject({ gva: Hex64, bytes, ...accessor }),
  write: z.strictObject({ gva: Hex64, value, bytes, ...accessor }),
  execute: z.strictObject({ gva: Hex64, user: accessor.user }),
  'load-root': z.strictObject({ pgd: Hex64 }),
  enter: z.strictObject({}),
  'make-request': z.strictObject({ request: RequestName }),
  'zap-all': z.strictObject({}),
  'set-memslot': z.strictObject({
    slot: MemslotId,
    memslot: Memslot.nullable().describe('Null deletes the memslot.'),
  }),
  'host-write': z.strictObject({ gpa: PhysicalAddress, value }),
  init: z.strictObject({}),
  'dirty-log': z.strictObject({ slot: MemslotId, enabled: z.boolean() }),
  unmap: z.strictObject({ gpa: PhysicalAddress, bytes: pageBytes }),
  map: MapRange,
  'set-sregs': z.strictObject({
    cr0: Hex64.optional(),
    cr3: Hex64.optional(),
    cr4: Hex64.optional(),
    efer: Hex64.optional(),
    cpl: z.number().int().min(0).max(3).optional(),
    csL: z.boolean().optional(),
    vm86: z.boolean().optional(),
  }),
  'free-roots': z.strictObject({
    mmu: MmuName,
    roots: z.array(Slot).max(16).default([]).describe('Which slots; none means all of them.'),
  }),
  'reset-context': z.strictObject({}),
} as const;

export type CommandKind = keyof typeof COMMAND_BODIES;

export const COMMAND_KINDS = Object.keys(COMMAND_BODIES) as [CommandKind, ...CommandKind[]];

/** The kind of a command, where a message names one. */
export const CommandKind = z
  .enum(COMMAND_KINDS)
  .meta({ id: 'CommandKind', description: 'Kind of a command.' });

/** One sentence each, for the reference and for who reads the API without it. */
export const COMMAND_SUMMARIES: Record<CommandKind, string> = {
  'mov-cr0': 'MOV to CR0, executed by the guest.',
  'mov-cr3': 'MOV to CR3, executed by the guest; bit 63 of the value asks for no flush.',
  'mov-cr4': 'MOV to CR4, executed by the guest.',
  'mov-from-cr3': 'MOV from CR3, executed by the guest.',
  'wrmsr-efer': 'WRMSR to IA32_EFER, executed by the guest.',
  read: 'A load from linear memory, executed by the guest.',
  write: 'A store to linear memory, executed by the guest.',
  execute: 'An instruction fetch from linear memory, by the guest.',
  invlpg: 'INVLPG, executed by the guest.',
  invpcid: 'INVPCID, executed by the guest.',
  vmxon: 'VMXON, executed by L1.',
  vmxoff: 'VMXOFF, executed by L1.',
  vmclear: 'VMCLEAR, executed by L1.',
  vmptrld: 'VMPTRLD, executed by L1.',
  vmread: 'VMREAD from the current VMCS, executed by L1.',
  vmwrite: 'VMWRITE to the current VMCS, executed by L1.',
  vmlaunch: 'VMLAUNCH, executed by L1.',
  vmresume: 'VMRESUME, executed by L1.',
  invept: 'INVEPT, executed by L1.',
  invvpid: 'INVVPID, executed by L1.',
  vmfunc: 'VMFUNC, executed by L2: function 0 switches the EPTP.',
  vmexit: 'L2 does something that L1 asked to see: a VM exit from L2 to L1.',
  'load-root': 'KVM switches to a pgd through the root cache: kvm_mmu_new_pgd().',
  enter: 'KVM services the pending requests, loads a root and enters: vcpu_enter_guest().',
  'make-request': 'KVM makes a request to the vCPU: kvm_make_request().',
  'zap-all': 'A memslot was deleted or moved: kvm_mmu_zap_all_fast().',
  'set-memslot': 'The VMM adds, moves or deletes a memslot: KVM_SET_USER_MEMORY_REGION.',
  'host-write': 'The VMM, or a device, writes 8 bytes of memory; KVM does not see it.',
  init: 'INIT reaches the vCPU, and sets its registers back.',
  'dirty-log': 'The VMM turns dirty logging of a memslot on or off.',
  unmap: 'The host takes pages away, which come back when touched: kvm_unmap_gfn_range().',
  map: 'Builds page tables for a range, so that a test need not write their entries.',
  'set-sregs': 'The VMM sets special registers: KVM_SET_SREGS.',
  'free-roots': 'KVM frees roots of an MMU: kvm_mmu_free_roots().',
  'reset-context': 'KVM drops all roots and configures the MMU anew: kvm_mmu_reset_context().',
};

/** Everything that can befall a vCPU. */
export const Command = z
  .discriminatedUnion('kind', [commandOf('mov-cr0'), ...COMMAND_KINDS.slice(1).map(commandOf)])
  .meta({ id: 'Command', description: 'Something that befalls a vCPU.' }) as unknown as z.ZodType<
  CommandOf<CommandKind>,
  CommandInput
>;

function commandOf<K extends CommandKind>(kind: K) {
  return COMMAND_BODIES[kind]
    .safeExtend({ kind: z.literal(kind), vcpu: VcpuIndex })
    .meta({ id: `Command.${kind}`, description: COMMAND_SUMMARIES[kind] });
}

/** A command's fields as the machine sees them. */
export type BodyOf<K extends CommandKind> = Fields<z.output<(typeof COMMAND_BODIES)[K]>>;

/** Zod gives an object without fields a type that admits no `kind` beside them. */
type Fields<T> = T extends Record<string, never> ? unknown : T;

/** One kind of command, as the machine sees it. */
export type CommandOf<K extends CommandKind> = {
  [Kind in K]: { readonly kind: Kind; readonly vcpu: number } & Readonly<BodyOf<Kind>>;
}[K];

export type Command = CommandOf<CommandKind>;

/** A command as the wire carries it. */
export type CommandInput = {
  [K in CommandKind]: { kind: K; vcpu: number } & Fields<z.input<(typeof COMMAND_BODIES)[K]>>;
}[CommandKind];
