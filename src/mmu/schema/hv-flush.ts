import { z } from 'zod';
import {
  HV_FLUSH_ALL_PROCESSORS,
  HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES,
  HV_FLUSH_CALLS,
  HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY,
  type HvFlushCall,
} from '../machine/index.js';
import { Hex64 } from './hex.js';

/** Entries of one list: more than KVM's queue holds. */
const GVAS_MAX = 64;

const BANKS = 64;

const FLAGS_ALL =
  HV_FLUSH_ALL_PROCESSORS | HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES | HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY;

const VpBank = z
  .strictObject({
    bank: z
      .number()
      .int()
      .min(0)
      .max(BANKS - 1),
    mask: Hex64,
  })
  .meta({ id: 'VpBank', description: '64 virtual processors of a set; the index is the vCPU.' });

/** The input of the hypercall. */
export const HvFlush = z.strictObject({
  call: z.enum(Object.keys(HV_FLUSH_CALLS) as [HvFlushCall, ...HvFlushCall[]]),
  addressSpace: Hex64.prefault('0x0').describe(
    'CR3 of the address space, unless bit 1 of `flags`.',
  ),
  flags: z
    .number()
    .int()
    .min(0)
    .max(FLAGS_ALL)
    .default(HV_FLUSH_ALL_PROCESSORS | HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES)
    .describe('Bit 0: all processors; 1: all address spaces; 2: spare global pages.'),
  processorMask: Hex64.prefault('0x0').describe('Without `Ex`; none means all.'),
  vpSet: z.array(VpBank).max(BANKS).nullable().default(null).describe('With `Ex`; null: all.'),
  gvas: z
    .array(Hex64)
    .max(GVAS_MAX)
    .default([])
    .describe('Of a list: bits 11:0 count the pages that follow the first.'),
});
