import { z } from 'zod';
import {
  hex,
  isHighHalf,
  numberFromHex,
  VMCS,
  VMCS12_REVISION,
  vmcsFieldNameOf,
} from '../machine/index.js';
import { Hex64, hexOf } from './hex.js';
import { objection } from './text.js';

export const VCPUS_PER_VM_MAX = 64;

/** Index of a vCPU in its VM. */
export const VcpuIndex = z
  .number()
  .int()
  .min(0)
  .max(VCPUS_PER_VM_MAX - 1)
  .meta({ id: 'VcpuIndex', description: 'Index of a vCPU in its VM, from 0.' });

/** Register operand of MOV to or from a control register: 0 is RAX, 6 is RSI. */
export const gpr = z
  .number()
  .int()
  .min(0)
  .max(15)
  .default(0)
  .describe('Register operand: 0 is RAX.');

/**
 * Linear address of an instruction's descriptor. If given, the access to it is checked (segment,
 * LAM, page walk) as the processor does; the command says its content.
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
export const operand = DescriptorOperand.nullable().default(null);

/** Encoding of the instruction: only `memory` is legal, and without LOCK. */
export const encoding = z
  .enum(['memory', 'register', 'lock'])
  .meta({ id: 'OperandForm', description: 'Operand form; anything but `memory` is #UD.' })
  .default('memory');

const NO_FIELD = 'neither a VMCS component of the manual nor an encoding in hex';

/** A component of the VMCS: its name in the manual, or its encoding in hex. */
export const VmcsField = z
  .codec(
    z.union(
      [z.enum(Object.keys(VMCS) as [keyof typeof VMCS]), z.string().regex(hexOf(8), NO_FIELD)],
      { error: objection(NO_FIELD) },
    ),
    z.custom<number>(),
    {
      decode: (field) =>
        field.startsWith('0') ? numberFromHex(field) : VMCS[field as keyof typeof VMCS],
      encode: (of) => (isHighHalf(of) ? undefined : vmcsFieldNameOf(of)) ?? hex(of),
    },
  )
  .meta({ id: 'VmcsField', description: "A VMCS component: the manual's name, or its encoding." });

/** A 32-bit register or field that is shown as a number. */
export const uint32 = z
  .number()
  .int()
  .min(0)
  .max(2 ** 32 - 1);

export const revision = uint32
  .default(VMCS12_REVISION)
  .describe('Revision identifier that L1 stored in the region.');

export const value = Hex64;

/** Bytes of a load or store. */
export const bytes = z
  .union([z.literal(1), z.literal(2), z.literal(4), z.literal(8)], {
    error: objection('neither 1, 2, 4 nor 8'),
  })
  .default(8)
  .describe('Bytes that are accessed.');

/** The rights of an access: supervisor or user, and whether EFLAGS.AC lifts SMAP. */
export const accessor = {
  user: z.boolean().default(false).describe('Access at CPL 3, whatever the CPL is.'),
  ac: z.boolean().default(false).describe('EFLAGS.AC: a supervisor may touch user pages.'),
};
