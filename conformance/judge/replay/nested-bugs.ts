import {
  BUGS,
  cr4,
  ENABLE_VPID,
  EPT_LEAF,
  EPTP,
  EPTP_AD,
  expecting,
  FRAME_A,
  FRAME_B,
  invept,
  launch,
  leave,
  MOVED,
  OK,
  OTHER_EPTP,
  on,
  onHypervisor,
  pte,
  READ_MOVED,
  read,
  resume,
  SPARE,
  store,
  vmwrite,
  write,
  X,
} from '../../../src/lab/museum/index.js';
import type { Replay, Unmodelled } from './replay.js';

const under = (eptp: number) => vmwrite('EPT_POINTER', eptp);
/** Entries of an EPT: readable, then writable as well. */
const EPT_R = 0x131;
const EPT_RW = 0x133;
const EPT_ALL = 0x337;
/** vCPU 1 in VMX operation with a VMCS of its own. */
const SECOND = [
  { kind: 'mov-cr4', vcpu: 1, value: '0x20a0' },
  { kind: 'vmxon', vcpu: 1, address: '0x4000' },
  { kind: 'vmptrld', vcpu: 1, address: '0x3000' },
  { kind: 'vmwrite', vcpu: 1, field: 'SECONDARY_VM_EXEC_CONTROL', value: '0x22' },
  { kind: 'vmwrite', vcpu: 1, field: 'VIRTUAL_PROCESSOR_ID', value: '0x1' },
  { kind: 'vmwrite', vcpu: 1, field: 'EPT_POINTER', value: '0x11a01e' },
  { kind: 'vmwrite', vcpu: 1, field: 'GUEST_CR3', value: '0x110000' },
] as const;
const VMXOFF = { command: { kind: 'vmxoff', vcpu: 0 } } as const;

/** Bugs that take L1 and its L2. */
export const NESTED_BUGS: readonly Replay[] = [
  {
    source: /85aa8889b82e/,
    steps: [
      /EPTP a, L2 reads/,
      /EPTP b, L2 reads/,
      /sets W/,
      /under EPTP a writes/,
      /EPTP b, L2 writes/,
    ],
    correct: /write under b succeeds/,
    scenes: [
      onHypervisor([
        ...[store(EPT_LEAF, pte(FRAME_A, EPT_R)), launch, read(X, FRAME_A), leave],
        ...[under(EPTP_AD), resume, read(X, FRAME_A), leave],
        ...[store(EPT_LEAF, pte(FRAME_A, EPT_RW)), under(EPTP), resume, write(X), leave],
        ...[under(EPTP_AD), resume, expecting(OK, write(X))],
      ]),
      BUGS['ept-fault-syncs-current-only'],
    ],
  },
  {
    source: /Validate the EPTP when emulating INVEPT/,
    steps: [/memtype 2/, /reserved bit 11/, /above MAXPHYADDR/],
    correct: /VMfail 28 three times/,
    scenes: [BUGS['invept-eptp-unchecked']],
  },
  {
    source: /Invalidate all EPTP contexts when emulating INVEPT/,
    steps: [/L2 with a/, /L2 with b/, /edits a's leaf/, /INVEPT type 2/, /L2 with a, read/],
    correct: /HPA 2/,
    scenes: [
      BUGS['invept-syncs-current-only'],
      onHypervisor([
        ...[launch, read(X, FRAME_A), leave, under(OTHER_EPTP), resume, read(X), leave],
        ...[store(EPT_LEAF, pte(SPARE, EPT_ALL)), invept(1, EPTP), under(EPTP), resume, READ_MOVED],
      ]),
    ],
  },
  {
    source: /ce8fe7b77bd8/,
    steps: [/L2 with a and then b/, /not-present/, /INVEPT type 1 with EPTP a/, /L2 with b, read/],
    correct: /EPT violation/,
    scenes: [BUGS['invept-matches-whole-eptp']],
  },
  {
    source: /roots when emulating INVVPID without EPT/,
    steps: [/c1 .* c2/, /L1 edits a PTE/, /INVVPID type 1/, /c1 with no-flush/],
    correct: /new frame/,
    scenes: [BUGS['invvpid-keeps-l2-roots']],
  },
  {
    source: /07ffaf343e34/,
    steps: [
      /A pcid 1, then MOV CR3 B pcid 2/,
      /VM exit/,
      /edits PTE/,
      /VM entry/,
      /bit 63/,
      /reads/,
    ],
    correct: /new frame/,
    scenes: [BUGS['transition-syncs-current-only']],
  },
  {
    source: /712494de96f3/,
    steps: [/VPID 1 caches/, /VM exit/, /sets VPID=2/, /VM entry, L2 reads/],
    correct: /^2: nothing was ever cached for VPID 2/,
    scenes: [BUGS['new-vpid12-unsynced'], BUGS['vpid12-change-unnoticed']],
  },
  {
    source: /2b4a5a5d5688/,
    steps: [/L2 touches X/, /L2 edits PTE/, /toggles CR4.PGE/, /L2 reads X/],
    correct: /new frame/,
    scenes: [
      onHypervisor([
        ...[vmwrite('CR4_GUEST_HOST_MASK', 0x80), launch, read(X, FRAME_A), MOVED],
        ...[cr4('0x2020'), READ_MOVED],
      ]),
      onHypervisor([launch, read(X, FRAME_A), MOVED, cr4('0x2020'), READ_MOVED], {
        config: { paging: 'shadow' },
        controls: ENABLE_VPID,
      }),
      BUGS['guest-flush-names-vpid01'],
    ],
  },
  {
    source: /40e5f9080472/,
    steps: [/flush request queued for L2/, /exit to L1 is synthesised/, /resumes L2/, /L2 reads X/],
    correct: /new frame/,
    scenes: [BUGS['guest-flush-late']],
  },
  {
    source: /05b29633c7a9/,
    steps: [/L2 touches X/, /L2 edits PTE/, /L2 INVLPG X/, /L2 reads X/],
    correct: /new frame/,
    scenes: [BUGS['invlpg-walks-arch-mmu']],
  },
  {
    source: /1438921c6dc1/,
    steps: [/L2 touches X/, /exit to L1/, /L1 edits L2's PTE/, /entry/, /L2 reads X/],
    correct: /new frame when VPID control is 0/,
    scenes: [BUGS['transition-flushes-eptp-left']],
  },
  {
    source: /272b0a998d08/,
    steps: [/runs under a/, /VMFUNC\(0,b\)/, /writes a page/, /EPT leaf/],
    correct: /A=1, D=1 in b's EPT leaf/,
    scenes: [BUGS['vmfunc-keeps-ad']],
  },
  {
    source: /9245fd6b8531/,
    steps: [/INVPCID type 0 .*0xffaaaaaaaaaaaaaa/, /INVVPID type 0 .*0xffaaaaaaaaaaaaaa/],
    correct: /both accepted/,
    scenes: [BUGS['canonical-by-la57']],
  },
  {
    source: /Always flush vpid02 on first use/,
    steps: [/vCPU A: VMXON.*VMXOFF/, /vCPU B: VMXON/, /L2 of B reads X/],
    correct: /B's own mapping/,
    scenes: [
      onHypervisor(
        [
          ...[on(1, launch), on(1, leave), launch, read(X, FRAME_A), leave, VMXOFF],
          ...[on(1, resume), on(1, read(X, FRAME_B))],
        ],
        { config: { vcpus: 2 }, also: SECOND },
      ),
    ],
  },
  {
    source: /CVE-2017-12188/,
    steps: [/bit 7 in an EPT PML4 entry/, /L2 accesses/],
    correct: /exit 49/,
    scenes: [BUGS['ept-bit-7-unchecked']],
  },
  {
    source: /f0d736547815/,
    steps: [/VMLAUNCH with VPID field 0/],
    correct: /VMfailValid 7/,
    scenes: [BUGS['vpid-0-entered']],
  },
];

/** What the model has no words for, and why. */
export const UNMODELLED: readonly Unmodelled[] = [
  { source: /fa787ac07b3c/, needs: 'Hyper-V hypercalls' },
  { source: /INVVPID is emulated on the correct physical CPU/, needs: 'physical CPUs' },
  { source: /0f38453cdb2e/, needs: 'address spaces of system-management mode' },
];
