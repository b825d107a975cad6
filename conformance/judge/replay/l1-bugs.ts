import {
  type Act,
  B,
  BUGS,
  cr0,
  cr3,
  cr4,
  expecting,
  FRAME_A,
  FRAME_B,
  hex,
  hostWrite,
  LARGE,
  nf,
  OK,
  onGuest,
  PD,
  PML4,
  PT,
  pf,
  pte,
  READ_ONLY,
  read,
  store,
  write,
  X,
} from '../../../src/lab/museum/index.js';
import type { Replay } from './replay.js';

const ON_EPT = { config: { paging: 'ept' } } as const;
const LARGE_PDE = PD + 3 * 8;
/** Where the VMM has a memslot of its own, behind the large page. */
const SLOT = 2 ** 33;
const slot = (gpa: number | null): Act => ({
  command: {
    ...{ kind: 'set-memslot', vcpu: 0, slot: 1 },
    memslot: gpa === null ? null : { gpa: hex(gpa), bytes: 2 ** 21 },
  },
});

/** From real mode to long mode with the tables of the second address space. */
const afterInit = [
  ...([read(X, FRAME_A), { command: { kind: 'init', vcpu: 0 } }, cr4('0xa0')] as const),
  { command: { kind: 'wrmsr-efer', vcpu: 0, value: '0x900' } },
  ...[cr3(B), expecting(OK, cr0('0x80010033')), read(X, FRAME_B)],
] as const;

/** Bugs that a guest without a hypervisor of its own can show. */
export const L1_BUGS: readonly Replay[] = [
  {
    source: /Sync SPTEs when injecting page\/EPT fault/,
    steps: [
      /PTE is read-only/,
      /sets W/,
      /#PF 0x3 injected/,
      /already writable, retries/,
      /second write/,
    ],
    correct: /second write succeeds/,
    scenes: [
      onGuest([
        ...[store(PT, pte(FRAME_A, READ_ONLY)), read(X), expecting(pf(0x3), write(X))],
        ...[store(PT, pte(FRAME_A)), expecting(OK, write(X))],
      ]),
      BUGS['fault-injected-without-sync'],
    ],
  },
  {
    source: /21823fbda552/,
    steps: [
      /A\|1 flush/,
      /B\|1 no-flush/,
      /edit PTE of X in A/,
      /B\|1 flush/,
      /A\|1 no-flush/,
      /read X/,
    ],
    correct: /new frame/,
    scenes: [BUGS['mov-cr3-syncs-current-only']],
  },
  {
    source: /509bfe3d9796|552617382c19/,
    steps: [
      /CR3=A/,
      /edit .* B's tables/,
      /INVPCID type 1 PCID 0/,
      /PCIDE 0->1/,
      /bit 63/,
      /access/,
    ],
    correct: /new mapping/,
    scenes: [BUGS['pcide-keeps-roots']],
  },
  {
    source: /e45e9e3998f0/,
    steps: [
      /PCID 1: touch/,
      /PCID 2 no-flush/,
      /edit PTE/,
      /INVPCID type 1 PCID 1/,
      /PCID 1 no-flush/,
      /read X/,
    ],
    correct: /new frame/,
    scenes: [BUGS['tdp-pcid-unflushed']],
  },
  {
    source: /9f46c187e2e6/,
    steps: [/INVPCID type 0, PCID 0/],
    correct: /no exception/,
    scenes: [BUGS['invpcid-without-paging-crashes']],
  },
  {
    source: /b1bd5cba3306/,
    steps: [/read ptr1/, /write ptr2/, /read ptr3/, /write ptr4/],
    correct: /#PF 0x7 on the last write/,
    scenes: [BUGS['shadow-page-shared-by-rights']],
  },
  {
    source: /2c5653caecc4|6b123c3a89a9/,
    steps: [
      /PDPTE0 -> table T1/,
      /PDPTE0 -> table T2/,
      /MOV CR3 .*same/,
      /read X/,
      /toggle CR4.PGE/,
    ],
    correct: /through T2/,
    scenes: [
      BUGS['pdptes-kept'],
      onGuest([read(X, FRAME_A), store(PML4, 0x111001), cr4('0xa0'), read(X, FRAME_B)], {
        mode: 'PAE',
      }),
    ],
  },
  {
    source: /cf9f4c0eb169/,
    steps: [/WP=0/, /supervisor write to a W=0 page/, /WP=1/, /same/],
    correct: /first write ok, second #PF 0x3/,
    scenes: [
      onGuest(
        [
          ...[store(PT, pte(FRAME_A, READ_ONLY)), cr0('0x80000033'), expecting(OK, write(X))],
          ...[cr0('0x80010033'), expecting(pf(0x3), write(X))],
        ],
        ON_EPT,
      ),
    ],
  },
  {
    source: /df37ed38e6c2/,
    steps: [/touches X with PG=1/, /INIT/, /paging with other tables/, /read X/],
    correct: /new mapping/,
    scenes: [onGuest(afterInit), onGuest(afterInit, ON_EPT)],
  },
  {
    source: /0cb2af2ea66a/,
    steps: [/PDE->F1/, /PDE -> F2/, /different VA/, /delete the memslot/, /shadow leaves/],
    correct: /child is replaced when its gfn differs; after slot deletion no leaf remains/,
    scenes: [
      BUGS['direct-page-any-gfn'],
      onGuest([
        ...[slot(SLOT), store(LARGE_PDE, SLOT + 0xe7), read(LARGE, 0), hostWrite(LARGE_PDE, 0xe7)],
        ...[cr3(PML4), read(LARGE + FRAME_A * 4096, FRAME_A), slot(null)],
        read(LARGE + FRAME_A * 4096, FRAME_A),
      ]),
    ],
  },
  {
    source: /81ccda30b4e8/,
    steps: [/PDE large frame F/, /table pointer to frame F/, /touch VA/],
    correct: /reuse requires gfn AND role/,
    scenes: [BUGS['direct-page-any-role']],
  },
  {
    source: /aad885e77496/,
    steps: [/PTE -> RAM/, /without memslot/, /MMIO leaf/, /rmap/],
    correct: /removed from rmap/,
    scenes: [BUGS['mmio-over-present']],
  },
  {
    source: /5f0b819995e1|ept=0\/CR0\.WP=0\/CR4\.SMEP=1\/EFER\.NX=0/,
    steps: [/writes a W=0 user page/, /fetches that page/, /fetches an ordinary page/],
    correct: /ok, #PF 0x11, ok/,
    scenes: [BUGS['nx-reserved-in-shadow']],
  },
  {
    source: /CVE-2014-3645/,
    steps: [/INVEPT/, /INVVPID/],
    correct: /#UD both times/,
    scenes: [BUGS['vmx-exit-unhandled']],
  },
  {
    source: /MOV to CR3 can set bit 63/,
    steps: [/MOV CR3 0x8000000000001005/, /read CR3/],
    correct: /0x1005, no exception/,
    scenes: [
      onGuest([
        ...[cr4('0x200a0'), expecting(OK, nf(0x1005))],
        {
          command: { kind: 'mov-from-cr3', vcpu: 0 },
          answer: { kind: 'ok', value: '0x1005' },
        },
      ]),
      BUGS['cr3-bit-63-kept'],
    ],
  },
  {
    source: /12ec33a70574/,
    steps: [/PAE/, /touches an address/, /walks the shadow/],
    correct: /starts at the PAE root/,
    scenes: [BUGS['pae-root-unknown']],
  },
];
