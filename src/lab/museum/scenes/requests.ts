import type { DefectName } from '../../../mmu/index.js';
import {
  cr3,
  cr4,
  expecting,
  hostWrite,
  invpcid,
  invvpid,
  launch,
  leave,
  nf,
  on,
  pf,
  read,
  resume,
  store,
  vmwrite,
  write,
} from '../acts.js';
import type { Act, Scene } from '../scene.js';
import {
  A,
  B,
  ENABLE_EPT,
  ENABLE_VPID,
  EPT_VPID_VMFUNC,
  FRAME_A,
  FRAME_B,
  OTHER,
  OTHER_EPTP,
  onGuest,
  onHypervisor,
  PT,
  pte,
  READ_ONLY,
  SPARE,
  X,
} from '../stages.js';
import { MOVED, READ_MOVED } from './roots.js';

const PCIDE = cr4('0x200a0');
const ON_EPT = { config: { paging: 'ept' } } as const;
const SHADOWED_L2 = { config: { paging: 'shadow' }, controls: ENABLE_VPID } as const;
/** A global page, and the bits of an entry. */
const GLOBAL = 0x167;

/** vCPU 1 edits the tables of vCPU 0, again after vCPU 0 has flushed. */
const editedByAnother = [
  ...[read(X), on(1, MOVED), cr3(A), READ_MOVED],
  ...[on(1, store(PT, pte(OTHER))), cr3(A), read(X, OTHER)],
];

/** L2's own tables are edited while L1 runs. */
function editedBetween(...before: readonly Act[]): Act[] {
  return [launch, read(X, FRAME_A), leave, MOVED, ...before, resume, READ_MOVED];
}

/** L2 with two tables of one PCID: the TLB has the page from the first. */
export const l2WithTwoTables = [
  ...[vmwrite('GUEST_CR4', 0x220a0), vmwrite('GUEST_CR3', A + 1), launch],
  ...[nf(B + 1), nf(A + 1), read(X, FRAME_A)],
];

const VMFUNC: Act = { command: { kind: 'vmfunc', vcpu: 0, index: 0 } };
export const vmfuncTo = (eptp: number): Act[] => [
  hostWrite(0x7000, eptp),
  vmwrite('VM_FUNCTION_CONTROL', 1),
  vmwrite('EPTP_LIST_ADDRESS', 0x7000),
];

/** Scenes of mistakes in requests, instructions and hardware flushes. */
export const REQUEST_SCENES = {
  'sync-request-unserviced': onGuest([read(X), MOVED, cr3(A), READ_MOVED]),
  'flush-request-unserviced': onGuest([
    ...[PCIDE, cr3(A + 1), nf(B + 1), nf(A + 1), read(X, FRAME_A)],
    ...[cr3(B + 1), read(X, FRAME_B)],
  ]),
  'tlb-flush-withdraws-guest-flush': onGuest([
    ...[read(X), MOVED, cr4('0x20')],
    { command: { kind: 'make-request', vcpu: 0, request: 'TLB_FLUSH' } },
    READ_MOVED,
  ]),
  'remote-flush-first-vcpu-only': onGuest(editedByAnother, { config: { vcpus: 2 } }),
  'request-without-kick': onGuest(editedByAnother, { config: { vcpus: 2 } }),
  'mov-cr3-same-value-ignored': onGuest([read(X), MOVED, cr3(A), READ_MOVED]),
  'pge-toggle-ignored': onGuest([read(X), MOVED, cr4('0x20'), READ_MOVED]),
  'pcide-off-ignored': onGuest([PCIDE, read(X), MOVED, cr4('0xa0'), READ_MOVED]),
  'invpcid-all-as-single': onGuest([
    ...[PCIDE, cr3(A + 1), read(X), nf(B + 2), MOVED],
    ...[invpcid(3, 0), nf(A + 1), READ_MOVED],
  ]),
  'globals-survive-pge': onGuest(
    [
      ...[store(PT, pte(FRAME_A, GLOBAL)), read(X), store(PT, pte(SPARE, GLOBAL))],
      ...[cr4('0x20'), READ_MOVED],
    ],
    ON_EPT,
  ),
  'invvpid-flushes-vpid01': onHypervisor(editedBetween(invvpid(1, 1))),
  'vmfunc-keeps-root': onHypervisor(
    [...vmfuncTo(OTHER_EPTP), launch, read(X, FRAME_A), VMFUNC, read(X, OTHER)],
    { controls: EPT_VPID_VMFUNC },
  ),
  'transition-unflushed': onHypervisor(editedBetween(), { controls: ENABLE_EPT }),
  'vpid12-change-unnoticed': onHypervisor(editedBetween(vmwrite('VIRTUAL_PROCESSOR_ID', 2))),
  'tlb-tag-without-pcid': onGuest([
    ...[PCIDE, cr3(A + 1), nf(B + 2), nf(A + 1), read(X, FRAME_A)],
    ...[nf(B + 2), read(X, FRAME_B)],
  ]),
  'tlb-tag-without-vpid': onHypervisor(
    [vmwrite('GUEST_CR3', B), launch, leave, read(X, FRAME_A), resume, read(X, FRAME_B)],
    SHADOWED_L2,
  ),
  'global-without-pge': onGuest(
    [
      ...[store(PT, pte(FRAME_A, GLOBAL)), cr4('0x20020'), cr3(A + 1), read(X, FRAME_A)],
      ...[nf(B + 2), read(X, FRAME_B)],
    ],
    ON_EPT,
  ),
  'fault-keeps-tlb-entry': onGuest(
    [
      ...[store(PT, pte(FRAME_A, READ_ONLY)), read(X), store(PT, pte(SPARE, READ_ONLY))],
      ...[expecting(pf(0x3), write(X)), READ_MOVED],
    ],
    ON_EPT,
  ),
  'flush-current-names-vpid01': onHypervisor(
    [...l2WithTwoTables, cr3(B + 1), read(X, FRAME_B)],
    SHADOWED_L2,
  ),
} as const satisfies Partial<Record<DefectName, Scene>>;
