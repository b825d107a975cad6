import type { PolicyName } from '../../../mmu/index.js';
import {
  cr3,
  cr4,
  enter,
  invept,
  invpcid,
  launch,
  leave,
  loadRoot,
  nf,
  read,
  resume,
  store,
  vmwrite,
} from '../acts.js';
import type { Act, Scene } from '../scene.js';
import {
  A,
  B,
  EPT_ALL,
  EPT_LEAF,
  EPTP,
  FRAME_A,
  OTHER_EPTP,
  onGuest,
  onHypervisor,
  pte,
  SPARE,
  X,
} from '../stages.js';
import { MOVED, READ_MOVED } from './roots.js';

/** A proposal of the thread as it was mailed, and the trap that it falls into. */
export interface Trap {
  readonly policy: PolicyName;
  /** The same made sound, which the scene is clean with. */
  readonly sound: PolicyName;
  readonly title: string;
  readonly source: string;
  readonly what: string;
  readonly where: string;
  readonly scene: Scene;
}

const PCIDE = cr4('0x200a0');
const under = (eptp: number): Act => vmwrite('EPT_POINTER', eptp);

/** The root is marked, switched to and away again before the guest runs. */
const T1A = onGuest([
  ...[PCIDE, cr3(A + 1), read(X), nf(B + 2), MOVED, invpcid(1, 1)],
  ...[loadRoot(A + 1), loadRoot(B + 2), enter, nf(A + 1), READ_MOVED],
]);

/** The entry that raises the requests fails, so that L1's root is synced in place of L2's. */
const T1B = onHypervisor([
  ...[launch, read(X, FRAME_A), leave, under(OTHER_EPTP), resume, read(X), leave],
  ...[store(EPT_LEAF, pte(SPARE, EPT_ALL)), invept(1, EPTP), under(EPTP)],
  ...[vmwrite('GUEST_CR3', 2 ** 46), resume, vmwrite('GUEST_CR3', A), enter],
  ...[resume, READ_MOVED],
]);

/** A hole at the current root is filled, and the roots behind it move up without their marks. */
const T9 = onGuest([
  ...[PCIDE, cr3(A + 1), read(X), nf(B + 2), nf(B + 3), MOVED, invpcid(1, 1)],
  { command: { kind: 'free-roots', vcpu: 0, mmu: 'root', roots: ['current'] } },
  ...[loadRoot(B + 2), nf(A + 1), READ_MOVED],
]);

const T16 = onGuest([read(X), cr3(B), MOVED, cr3(B), PCIDE, nf(A), READ_MOVED]);

const T19 = onGuest([
  ...[PCIDE, cr3(A + 1), read(X), nf(B + 1), MOVED, cr3(B + 1), nf(A + 1), READ_MOVED],
]);

const RFC = { policy: 'need-sync-posted', sound: 'need-sync' } as const;
const COUNTER = { policy: 'unsync-roots-posted', sound: 'unsync-roots' } as const;
const REPLY = { policy: 'cached-roots-posted', sound: 'cached-roots' } as const;

const LOST = {
  title: 'A mark is forgotten when its request is raised',
  what: 'Two switches without an entry spend the sync that the first one asked for on the second.',
  where: 'kvm_mmu_new_pgd()',
  scene: T1A,
};
const FAILED = {
  title: 'A VM entry that fails takes the mark with it',
  what: 'guest_mmu is switched before the checks that fail, and the sync is spent on L1.',
  where: 'prepare_vmcs02()',
  scene: T1B,
};

/** The proposals of the thread as mailed, and where each lets the guest see what is stale. */
export const TRAPS = {
  'need-sync-posted-t1a': { ...RFC, ...LOST, source: 'RFC of 26 May 2021, trap T1a' },
  'need-sync-posted-t1b': { ...RFC, ...FAILED, source: 'RFC of 26 May 2021, trap T1b' },
  'need-sync-posted-t16': {
    ...RFC,
    title: 'CR4.PCIDE is set over roots that were flushed',
    source: 'RFC of 26 May 2021, trap T16',
    what: 'A root that PCIDE=0 allowed to be stale is reached by a no-flush MOV CR3.',
    where: 'kvm_set_cr4()',
    scene: T16,
  },
  'need-sync-posted-t19': {
    ...RFC,
    title: 'A flushing MOV CR3 marks no other root of its PCID',
    source: 'RFC of 26 May 2021, trap T19',
    what: 'MOV CR3 syncs the root that it loads, and leaves the others of the PCID unmarked.',
    where: 'kvm_set_cr3()',
    scene: T19,
  },
  'unsync-roots-posted-t1a': { ...COUNTER, ...LOST, source: 'Mail of 29 July 2021, trap T1a' },
  'unsync-roots-posted-t1b': { ...COUNTER, ...FAILED, source: 'Mail of 29 July 2021, trap T1b' },
  'unsync-roots-posted-t9': {
    ...COUNTER,
    title: 'Parallel arrays drift apart',
    source: 'Mail of 29 July 2021, trap T9',
    what: 'Roots move up into an empty current slot, and their marks stay where they were.',
    where: 'cached_root_find_without_current()',
    scene: T9,
  },
  'cached-roots-posted-t1a': { ...REPLY, ...LOST, source: 'Mail of 2 August 2021, trap T1a' },
  'cached-roots-posted-t1b': { ...REPLY, ...FAILED, source: 'Mail of 2 August 2021, trap T1b' },
} as const satisfies Record<string, Trap>;
