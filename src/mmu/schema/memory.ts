import { z } from 'zod';
import { PAGE_SIZE } from '../machine/index.js';
import { Hex64, PhysicalAddress } from './hex.js';

export const MEMSLOTS_MAX = 32;

/** Pages that one `map` may build: the tables of 256 MiB in small pages. */
export const MAP_PAGES_MAX = 65_536;

/** Number of a memslot in its VM: the order in which the VM was given them. */
export const MemslotId = z
  .number()
  .int()
  .min(0)
  .max(MEMSLOTS_MAX - 1)
  .meta({ id: 'MemslotId', description: 'Number of a memslot in its VM, from 0.' });

/** A length in whole pages. */
export const pageBytes = z
  .number()
  .int()
  .min(PAGE_SIZE)
  .max(2 ** 52)
  .multipleOf(PAGE_SIZE)
  .default(PAGE_SIZE)
  .describe('A multiple of 4096.');

export const Memslot = z
  .strictObject({
    gpa: PhysicalAddress,
    bytes: pageBytes.unwrap(),
    userspaceAddr: PhysicalAddress.optional().describe(
      "Address of its backing in the VMM's memory; without it that of `gpa`, or a moved slot's own.",
    ),
    readonly: z.boolean().optional().describe('KVM_MEM_READONLY: a write ends as `mmio`.'),
  })
  .meta({ id: 'Memslot', description: 'A range of guest-physical memory that exists.' });

/** Runs of pages that one command may name. */
export const PAGE_RUNS_MAX = 4096;

/** Number of a page in its memslot, or of pages. */
export const pageNumber = z
  .number()
  .int()
  .min(0)
  .max(2 ** 40);

/** Neighbouring pages of a memslot: so a dirty bitmap is told and named. */
export const PageRun = z
  .strictObject({
    first: pageNumber.describe('Number of the page in its memslot.'),
    count: pageNumber.min(1),
  })
  .meta({ id: 'PageRun', description: 'Neighbouring pages of a memslot.' });

/** The range that `map` builds: a run of pages of one size, in one address space. */
export const MapRange = z
  .strictObject({
    root: Hex64.describe('CR3, or the EPT pointer, of the address space.'),
    format: z
      .enum(['paging', 'ept'])
      .default('paging')
      .describe('`paging`: tables of the mode in which the vCPU runs. `ept`: an EPT of L1.'),
    address: Hex64.describe('First linear address, or for an EPT guest-physical address of L2.'),
    gpa: PhysicalAddress.describe('Guest-physical address that it leads to.'),
    pages: z.number().int().min(1).max(MAP_PAGES_MAX).default(1),
    pageSize: z.enum(['4k', '2m', '1g']).default('4k'),
    write: z.boolean().default(true),
    execute: z.boolean().default(true),
    user: z.boolean().default(true).describe('For an EPT: readable.'),
    global: z.boolean().default(false),
    accessedDirty: z.boolean().default(true).describe('Set A and D in the entries.'),
    tables: PhysicalAddress.describe('First page for new tables; they take pages in rising order.'),
  })
  .meta({ id: 'MapRange', description: 'A range to be mapped, and how.' });
export type MapRange = Readonly<z.output<typeof MapRange>>;
