import type { DefectName } from '../../../mmu/index.js';
import {
  cr0,
  cr3,
  cr4,
  execute,
  expecting,
  hostWrite,
  invept,
  invlpg,
  invpcid,
  invvpid,
  launch,
  leave,
  nf,
  OK,
  on,
  pf,
  read,
  resume,
  seen,
  store,
  vmFail,
  vmwrite,
  write,
} from '../acts.js';
import type { Act, Scene } from '../scene.js';
import {
  A,
  B,
  ENABLE_EPT,
  ENABLE_VPID,
  EPT,
  EPT_ALL,
  EPT_LEAF,
  EPT_READ_ONLY,
  EPT_VPID_VMFUNC,
  EPTP,
  EPTP_AD,
  FRAME_A,
  FRAME_B,
  LARGE,
  OTHER_EPTP,
  onGuest,
  onHypervisor,
  PD,
  PDPT,
  PML4,
  PT,
  pte,
  READ_ONLY,
  SPARE,
  X,
} from '../stages.js';
import { l2WithTwoTables, vmfuncTo } from './requests.js';
import { MOVED, READ_MOVED } from './roots.js';

const PCIDE = cr4('0x200a0');
const SHADOWED_L2 = { config: { paging: 'shadow' }, controls: ENABLE_VPID } as const;
const UD = { kind: 'fault', vector: '#UD' } as const;
const WIDE = '0xffaaaaaaaaaaaaaa';
const LARGE_PDE = PD + 3 * 8;
const VMFUNC: Act = { command: { kind: 'vmfunc', vcpu: 0, index: 0 } };

const under = (eptp: number): Act => vmwrite('EPT_POINTER', eptp);
const editEpt = store(EPT_LEAF, pte(SPARE, EPT_ALL));

/** L2 with PCIDs has used the data under both of its tables, and has left. */
const l2HasUsedBoth = [
  ...[vmwrite('GUEST_CR4', 0x220a0), vmwrite('GUEST_CR3', A + 1), launch],
  ...[read(X), nf(B + 2), read(X), leave, MOVED],
];

/** Scenes of bugs that KVM had. @see Architecture reference, section 5 */
export const HISTORIC_SCENES = {
  'ept-fault-syncs-current-only': onHypervisor([
    ...[under(EPTP_AD), launch, read(X, FRAME_A), leave],
    ...[store(EPT_LEAF, pte(SPARE, EPT_READ_ONLY)), under(EPTP), resume],
    expecting({ kind: 'vm-exit', reason: 48 }, write(X)),
    ...[under(EPTP_AD), resume, READ_MOVED],
  ]),
  'invept-eptp-unchecked': onHypervisor([
    expecting(vmFail(28), invept(1, EPT + 0x1a)),
    expecting(vmFail(28), invept(1, EPT + 0x81e)),
    expecting(vmFail(28), invept(1, 2 ** 46 + EPTP)),
  ]),
  'invept-syncs-current-only': onHypervisor([
    ...[launch, read(X, FRAME_A), leave, under(OTHER_EPTP), resume, read(X), leave],
    ...[editEpt, invept(2, 0), under(EPTP), resume, READ_MOVED],
  ]),
  'invept-matches-whole-eptp': onHypervisor([
    ...[launch, read(X, FRAME_A), leave, under(EPTP_AD), resume, read(X, FRAME_A), leave],
    ...[store(EPT_LEAF, 0), invept(1, EPTP), resume],
    expecting({ kind: 'vm-exit', reason: 48 }, read(X)),
  ]),
  'invvpid-keeps-l2-roots': onHypervisor(
    [...l2HasUsedBoth, invvpid(1, 1), resume, nf(A + 1), READ_MOVED],
    SHADOWED_L2,
  ),
  'fault-injected-without-sync': onGuest([
    ...[store(PT, pte(FRAME_A, 0x63)), read(X), store(PT, pte(SPARE, 0x63))],
    ...[expecting(pf(0x5), read(X, undefined, true)), READ_MOVED],
  ]),
  'transition-syncs-current-only': onHypervisor(
    [...l2HasUsedBoth, vmwrite('GUEST_CR3', B + 2), resume, nf(A + 1), READ_MOVED],
    {
      config: { paging: 'shadow' },
      controls: 0,
    },
  ),
  'mov-cr3-syncs-current-only': onGuest([
    ...[PCIDE, cr3(A + 1), read(X), nf(B + 1), read(X), MOVED],
    ...[cr3(B + 1), nf(A + 1), READ_MOVED],
  ]),
  'pcide-keeps-roots': onGuest([
    ...[read(X), cr3(B), MOVED, invpcid(1, 0), PCIDE, nf(A), READ_MOVED],
  ]),
  'tdp-pcid-unflushed': onGuest(
    [PCIDE, nf(A + 1), read(X), nf(A + 2), MOVED, invpcid(1, 1), nf(A + 1), READ_MOVED],
    { config: { paging: 'ept' } },
  ),
  'new-vpid12-unsynced': onHypervisor(
    [
      ...[launch, read(X, FRAME_A), leave, MOVED],
      ...[vmwrite('VIRTUAL_PROCESSOR_ID', 2), resume, READ_MOVED],
    ],
    SHADOWED_L2,
  ),
  'guest-flush-names-vpid01': onHypervisor(
    [...l2WithTwoTables, nf(B + 1), cr4('0x22020'), read(X, FRAME_B)],
    SHADOWED_L2,
  ),
  'guest-flush-late': onHypervisor([
    ...[vmwrite('CR4_GUEST_HOST_MASK', 0x80), launch, read(X), MOVED, cr4('0x2020')],
    { command: { kind: 'vmexit', vcpu: 0, synthesized: true } },
    ...[resume, READ_MOVED],
  ]),
  'invlpg-walks-arch-mmu': onHypervisor([launch, read(X), MOVED, invlpg(X), READ_MOVED]),
  'invpcid-without-paging-crashes': onGuest([expecting(OK, invpcid(0, 0, '0x1000'))], {
    mode: 'none',
  }),
  'shadow-page-shared-by-rights': onGuest([
    ...[hostWrite(PDPT + 8, PD + READ_ONLY), hostWrite(PD + 8, PT + READ_ONLY)],
    ...[read(0x200000, FRAME_A, true), expecting(OK, write(X, 0x6, true))],
    ...[read(0x40200000, undefined, true), expecting(pf(0x7), write(0x40400000, 0x7, true))],
  ]),
  'transition-flushes-eptp-left': onHypervisor(
    [launch, read(X, FRAME_A), leave, MOVED, resume, READ_MOVED],
    { controls: ENABLE_EPT },
  ),
  'pdptes-kept': onGuest([read(X, FRAME_A), store(PML4, 0x111001), cr3(A), read(X, FRAME_B)], {
    mode: 'PAE',
  }),
  'vmfunc-keeps-ad': onHypervisor(
    [
      ...[...vmfuncTo(EPTP_AD), store(EPT_LEAF, pte(FRAME_A, 0x37)), launch, write(X)],
      ...[VMFUNC, write(X, 0x6), leave, read(seen(EPT_LEAF), pte(FRAME_A, EPT_ALL))],
    ],
    { controls: EPT_VPID_VMFUNC },
  ),
  'canonical-by-la57': onHypervisor(
    [expecting(OK, invpcid(0, 0, WIDE)), expecting(OK, invvpid(0, 1, WIDE))],
    { config: { cpuid: { la57: true } } },
  ),
  'direct-page-any-gfn': onGuest([
    ...[store(LARGE_PDE, 0x2000e7), read(LARGE + 0x18000, 0), hostWrite(LARGE_PDE, 0xe7), cr3(A)],
    ...[read(LARGE + 0x10000, FRAME_A), read(LARGE + 0x11000, FRAME_A + 1)],
  ]),
  'direct-page-any-role': onGuest([
    ...[hostWrite(0x200000, pte(FRAME_A)), hostWrite(0x200008, pte(FRAME_A + 1))],
    ...[store(LARGE_PDE, 0x2000e7), read(LARGE + 0x8000), hostWrite(LARGE_PDE, 0x200067)],
    ...[cr3(A), read(LARGE, FRAME_A), read(LARGE + 0x1000, FRAME_A + 1)],
  ]),
  'linked-unsynced': onGuest(
    [
      ...[cr3(B), read(X, FRAME_B), cr3(A), on(1, store(B + 0x3000, pte(SPARE)))],
      ...[on(1, invlpg(X)), store(PML4, B + 0x1067), store(PDPT + 40, 0), on(1, READ_MOVED)],
    ],
    { config: { vcpus: 2 } },
  ),
  'mmio-over-present': onGuest(
    [
      ...[store(PT, pte(FRAME_A, READ_ONLY)), read(X), hostWrite(PT, pte(2 ** 21))],
      expecting({ kind: 'mmio' }, write(X)),
    ],
    { config: { tlb: 'off' } },
  ),
  'nx-reserved-in-shadow': onGuest(
    [
      ...[store(PT, pte(FRAME_A, READ_ONLY)), store(PT + 8, pte(FRAME_A + 1, 0x63))],
      ...[cr0('0x80000033'), cr4('0x1000a0'), expecting(OK, write(X))],
      ...[expecting(pf(0x11), execute(X)), expecting(OK, execute(X + 4096))],
    ],
    { config: { registers: { efer: '0x500' } } },
  ),
  'ept-bit-7-unchecked': onHypervisor([
    ...[store(EPT, 0x11b087), launch, expecting({ kind: 'vm-exit', reason: 49 }, read(X))],
  ]),
  'vmx-exit-unhandled': onGuest([expecting(UD, invept(1, EPTP)), expecting(UD, invvpid(1, 1))], {
    config: { cpuid: { vmx: false } },
  }),
  'cr3-bit-63-kept': onGuest([
    ...[PCIDE, expecting(OK, nf(A + 5))],
    {
      command: { kind: 'mov-from-cr3', vcpu: 0 },
      answer: { kind: 'ok', value: '0x100005' },
    },
  ]),
  'vpid-0-entered': onHypervisor([
    ...[vmwrite('VIRTUAL_PROCESSOR_ID', 0), expecting(vmFail(7), launch)],
  ]),
  'pae-root-unknown': onGuest([read(X, FRAME_A)], {
    config: { maxphyaddr: 52, cpuid: { la57: true } },
    mode: 'PAE',
  }),
} as const satisfies Partial<Record<DefectName, Scene>>;
