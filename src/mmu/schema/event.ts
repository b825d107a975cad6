import { z } from 'zod';
import { INVALIDATIONS } from '../policies/index.js';
import { Hex32, Hex64, PhysicalAddress } from './hex.js';
import { MmuName, Slot } from './names.js';
import { RequestName } from './request.js';
import { numberedViolation, type SeqOf, VIOLATION, VIOLATION_SUMMARY } from './violation.js';

/** Why a root was freed or marked. */
export const RootCause = z
  .enum([
    ...INVALIDATIONS,
    'invvpid',
    'unload',
    'obsolete',
    'uncacheable',
    'vmcs12-released',
    'pdptes-changed',
    'free-roots',
  ])
  .meta({ id: 'RootCause', description: 'Reason for which a root was freed or marked.' });
export type RootCause = z.output<typeof RootCause>;

const gfn = z.number().int().min(0).describe('Guest frame number of the page table.');
const level = z.number().int().min(0).max(5).describe('Level of the table: 4 or 5 for a root.');
const mmu = MmuName;
const pgd = Hex64;
const hpa = PhysicalAddress;

const RootReused = event('root-reused', 'A switch found its root in the cache.', {
  mmu,
  pgd: pgd.describe('The pgd that was asked for; a direct MMU ignores it.'),
  hpa,
  slot: Slot,
});
const RootMissed = event('root-missed', 'A switch found no usable root.', { mmu, pgd });
const RootAllocated = event('root-allocated', 'kvm_mmu_load() gave the MMU a root.', {
  mmu,
  pgd,
  hpa,
  gfn,
  level,
  page: z
    .enum(['new', 'existing', 'special'])
    .describe('`special`: a PAE or dummy root, which has no shadow page and is never cached.'),
});
const RootEvicted = event('root-evicted', 'A valid root fell out of the cache.', { mmu, pgd, hpa });
const RootFreed = event('root-freed', 'A slot was released. Its shadow page lives on.', {
  mmu,
  slot: Slot,
  pgd,
  hpa,
  cause: RootCause,
});
const RootMarkedUnsync = event('root-marked-unsync', 'A root now owes a sync and a flush.', {
  mmu,
  slot: Slot,
  pgd,
  hpa,
  cause: RootCause,
});
const RootSynced = event('root-synced', "The current root's children were synced.", {
  mmu,
  pgd,
  hpa,
  pages: z.number().int().min(0).describe('Pages below it that were unsync.'),
  changed: z.number().int().min(0).describe('Pages among them that were stale.'),
});
const RequestMade = event('request-made', 'A request became pending.', { request: RequestName });
const RequestServiced = event('request-serviced', 'A pending request was serviced.', {
  request: RequestName,
});
const TlbFlushed = event('tlb-flushed', 'TLB entries were dropped.', {
  by: z.enum(['kvm', 'cpu']).describe('KVM, or the processor executing an instruction itself.'),
  scope: z
    .enum(['all', 'current', 'guest', 'address', 'pcid', 'context'])
    .describe("KVM's helper, or for `cpu` what the instruction covers."),
  vpid: z.number().int().min(0).max(65535).nullable().describe('Tag, where one was named.'),
  pcid: z.number().int().min(0).max(4095).nullable(),
  root: PhysicalAddress.nullable().describe('Shadow EPT root whose EP4TA was named.'),
  address: Hex64.nullable(),
  pages: z.number().int().min(1).max(4096).optional().describe('Pages from `address` on.'),
});
const PageAllocated = event('page-allocated', 'A shadow page was created.', {
  hpa,
  gfn,
  level,
  role: Hex32,
});
const PageZapped = event('page-zapped', 'A shadow page was zapped.', {
  hpa,
  gfn,
  level,
  rootCount: z.number().int().min(0).describe('Root slots that still hold it.'),
});
const PageUnsynced = event(
  'page-unsynced',
  'A shadow page may fall out of step: the guest may write its table.',
  { hpa, gfn },
);
const PageSynced = event(
  'page-synced',
  'A shadow page is no longer unsync: it was synced, or zapped.',
  { hpa, gfn },
);
const PageFault = event('page-fault', 'KVM handles a page fault or an EPT violation.', {
  address: Hex64.describe('Linear address, or guest-physical one where an EPT faulted.'),
  errorCode: z
    .number()
    .int()
    .min(0)
    .describe('As KVM sees it: bit 32 marks the final page of an EPT violation, 33 a page table.'),
});
const Access = event('access', 'The guest accessed memory.', {
  access: z.enum(['read', 'write', 'execute']),
  gva: Hex64,
  gpa: PhysicalAddress,
  value: Hex64.nullable().describe(
    'The value that was read or written; null where code was fetched.',
  ),
  by: z
    .enum(['tlb', 'walk', 'emulator'])
    .describe('Source of the translation: a TLB entry, a walk, or KVM itself.'),
});
const VmExited = event('vm-exit', 'The guest left to the host, or L2 left to L1.', {
  from: z.enum(['L1', 'L2']),
  to: z.enum(['host', 'L1']),
  reason: z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  name: z.string(),
  qualification: Hex64,
});
const VmEntered = event('vm-entered', 'The processor entered the guest.', {
  guest: z.enum(['L1', 'L2']),
  root: PhysicalAddress.nullable().describe('The root it runs on.'),
});
const FaultInjected = event('fault-injected', 'KVM injected an exception.', {
  vector: z.string(),
  errorCode: z.number().int().min(0).nullable(),
});
const VmFailed = event('vm-fail', 'A VMX instruction failed.', {
  error: z.number().int().min(0).nullable().describe('Null without a current VMCS.'),
});

const ViolationEvent = event('violation', VIOLATION_SUMMARY, VIOLATION);

/** The deeds of the machine, in order. Past tense: an event is a fact and is never rejected. */
export const MmuEvent = z
  .discriminatedUnion('kind', [
    RootReused,
    RootMissed,
    RootAllocated,
    RootEvicted,
    RootFreed,
    RootMarkedUnsync,
    RootSynced,
    RequestMade,
    RequestServiced,
    TlbFlushed,
    PageAllocated,
    PageZapped,
    PageUnsynced,
    PageSynced,
    PageFault,
    Access,
    VmExited,
    VmEntered,
    FaultInjected,
    VmFailed,
    ViolationEvent,
  ])
  .meta({ id: 'MmuEvent', description: 'A fact about the machine.' });

export type MmuEvent = Readonly<z.output<typeof MmuEvent>>;
export type MmuEventKind = MmuEvent['kind'];
export type MmuEventOf<K extends MmuEventKind> = Extract<MmuEvent, { kind: K }>;

export const EVENT_KINDS = MmuEvent.options.map(({ shape }) => shape.kind.value) as [
  MmuEventKind,
  ...MmuEventKind[],
];

/** An event with the numbers of the commands that it names, where it names any. */
export function numberedEvent(event: MmuEvent, seqOf: SeqOf): MmuEvent {
  return event.kind === 'violation' ? numberedViolation(event, seqOf) : event;
}

function event<K extends string, S extends z.ZodRawShape>(kind: K, description: string, shape: S) {
  return z
    .strictObject({ kind: z.literal(kind), ...shape })
    .meta({ id: `Event.${kind}`, description });
}
