import type { KernelVersion, PolicyName } from '../../../mmu/index.js';
import {
  cr3,
  cr4,
  efer,
  expecting,
  invlpg,
  launch,
  leave,
  pf,
  read,
  resume,
  storeHalf,
  storeWord,
  vmwrite,
} from '../acts.js';
import type { Scene } from '../scene.js';
import { A, B, ENABLE_VPID, FRAME_A, onGuest, onHypervisor, PT, X } from '../stages.js';
import { MOVED, READ_MOVED } from './roots.js';

/** A hole that mainline has, and what closes it. */
interface Hole {
  readonly policy: 'mainline';
  /** What of the configuration leaves the scene clean. */
  readonly sound:
    | { readonly policy: PolicyName }
    | { readonly kernel: KernelVersion }
    | { readonly paging: 'ept' };
  readonly title: string;
  readonly source: string;
  readonly what: string;
  readonly where: string;
  readonly scene: Scene;
}

/** A VM exit loads a table whose root is cached, and which a MOV CR3 flushed without PCIDE. */
const T17 = onHypervisor([launch, leave, read(X), MOVED, cr3(B), resume, leave, READ_MOVED], {
  config: { paging: 'shadow' },
  controls: ENABLE_VPID,
});

/** L2 gets another VPID in an entry that fails after the flush for it was requested. */
const VPID12 = onHypervisor([
  ...[launch, read(X), leave, MOVED, vmwrite('VIRTUAL_PROCESSOR_ID', 2)],
  ...[vmwrite('GUEST_CR3', 2 ** 46), resume, vmwrite('GUEST_CR3', A), resume, READ_MOVED],
]);

/**
 * Bit 63 of an entry is "execute disable", or reserved while EFER.NX is clear. INVLPG drops global
 * pages too, which a MOV CR3 would leave to whatever the entry was when it was read otherwise.
 */
const NX = onGuest([
  ...[storeWord(PT, '0x8000000000010067'), cr3(A), read(X)],
  ...[efer('0x500'), invlpg(X), expecting(pf(0x9), read(X))],
]);

/** Bit 7 of a directory entry is "page size", or without meaning while CR4.PSE is clear. */
const FOUR_MIB = 0xc00000;
const IN_IT = FOUR_MIB + FRAME_A * 4096;
const PSE = onGuest(
  [
    ...[storeHalf(A + (FOUR_MIB / 2 ** 22) * 4, 0xe7), read(IN_IT)],
    ...[cr4('0x0'), cr3(A), expecting(pf(0x0), read(IN_IT))],
  ],
  { mode: '32-bit' },
);

/** What a guest sees on mainline itself that the architecture does not allow. */
export const TO_THIS_DAY = {
  'mainline-t17': {
    policy: 'mainline',
    sound: { policy: 'mainline-5.14' },
    title: 'A nested transition reuses a root that nobody syncs',
    source: 'Linux v5.16 to today, trap T17',
    what: 'Without PCIDE and EPT a flushed root stays cached, and a VM exit may load it as it is.',
    where: 'kvm_invalidate_pcid()',
    scene: T17,
  },
  'mainline-vpid12': {
    policy: 'mainline',
    sound: { kernel: '5.14' },
    title: 'A VM entry that fails takes the flush of a new vpid12 with it',
    source: 'Linux v5.16 to today',
    what: 'The VPID is noted before the checks that fail, and the flush for it is spent on L1.',
    where: 'nested_vmx_transition_tlb_flush()',
    scene: VPID12,
  },
  'mainline-nx': {
    policy: 'mainline',
    sound: { kernel: '5.14' },
    title: 'Tables that were shadowed with EFER.NX are used without it',
    source: 'Linux v5.19 to today',
    what: 'The role of a shadow root always says NX: an entry with bit 63 maps where it is reserved.',
    where: 'kvm_init_shadow_mmu()',
    scene: NX,
  },
  'mainline-pse': {
    policy: 'mainline',
    sound: { paging: 'ept' },
    title: 'Tables that were shadowed with CR4.PSE are used without it',
    source: 'Every kernel to today',
    what: 'The role of a page does not say PSE: an entry with bit 7 maps 4 MiB in place of a table.',
    where: 'kvm_post_set_cr4()',
    scene: PSE,
  },
} as const satisfies Record<string, Hole>;
