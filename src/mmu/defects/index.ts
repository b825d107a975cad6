import type { DefectName } from '../schema/index.js';
import { accessedBitLost } from './accessed-bit-lost.js';
import { canonicalByLa57 } from './canonical-by-la57.js';
import { cr3Bit63Kept } from './cr3-bit-63-kept.js';
import { currentMarkIgnored } from './current-mark-ignored.js';
import type { Defect } from './defect.js';
import { directPageAnyGfn } from './direct-page-any-gfn.js';
import { directPageAnyRole } from './direct-page-any-role.js';
import { dirtyBitLost } from './dirty-bit-lost.js';
import { dummyRootKept } from './dummy-root-kept.js';
import { eptBit7Unchecked } from './ept-bit-7-unchecked.js';
import { eptFaultSyncsCurrentOnly } from './ept-fault-syncs-current-only.js';
import { faultInjectedWithoutSync } from './fault-injected-without-sync.js';
import { faultKeepsTlbEntry } from './fault-keeps-tlb-entry.js';
import { flushCurrentNamesVpid01 } from './flush-current-names-vpid01.js';
import { flushRequestUnserviced } from './flush-request-unserviced.js';
import { globalWithoutPge } from './global-without-pge.js';
import { globalsSurvivePge } from './globals-survive-pge.js';
import { guestFlushAsksFirst } from './guest-flush-asks-first.js';
import { guestFlushLate } from './guest-flush-late.js';
import { guestFlushNamesVpid01 } from './guest-flush-names-vpid01.js';
import { guestFlushSkipsHardware } from './guest-flush-skips-hardware.js';
import { guestFlushSkipsSync } from './guest-flush-skips-sync.js';
import { guestFlushSparesPrevRoots } from './guest-flush-spares-prev-roots.js';
import { hvFlushFirstPageOnly } from './hv-flush-first-page-only.js';
import { hvFlushNonCanonical } from './hv-flush-non-canonical.js';
import { hvQueueDropsOverflow } from './hv-queue-drops-overflow.js';
import { inveptAllAsSingle } from './invept-all-as-single.js';
import { inveptEptpUnchecked } from './invept-eptp-unchecked.js';
import { inveptMatchesWholeEptp } from './invept-matches-whole-eptp.js';
import { inveptSparesCurrent } from './invept-spares-current.js';
import { inveptSyncsCurrentOnly } from './invept-syncs-current-only.js';
import { invlpgCurrentRootOnly } from './invlpg-current-root-only.js';
import { invlpgKeepsLeaf } from './invlpg-keeps-leaf.js';
import { invlpgSkipsHardware } from './invlpg-skips-hardware.js';
import { invlpgWalksArchMmu } from './invlpg-walks-arch-mmu.js';
import { invpcidAddressCurrentRootOnly } from './invpcid-address-current-root-only.js';
import { invpcidAllAsSingle } from './invpcid-all-as-single.js';
import { invpcidWithoutPagingCrashes } from './invpcid-without-paging-crashes.js';
import { invvpidFlushesVpid01 } from './invvpid-flushes-vpid01.js';
import { invvpidKeepsL2Roots } from './invvpid-keeps-l2-roots.js';
import { l2WithoutVpidUnflushed } from './l2-without-vpid-unflushed.js';
import { lastSlotMissed } from './last-slot-missed.js';
import { linkHidesUnsync } from './link-hides-unsync.js';
import { linkedUnsynced } from './linked-unsynced.js';
import { loadSkipsFlush } from './load-skips-flush.js';
import { loadSkipsSync } from './load-skips-sync.js';
import { markWithoutFlush } from './mark-without-flush.js';
import { markWithoutSync } from './mark-without-sync.js';
import { mmioOverPresent } from './mmio-over-present.js';
import { movCr3SameValueIgnored } from './mov-cr3-same-value-ignored.js';
import { movCr3SyncsCurrentOnly } from './mov-cr3-syncs-current-only.js';
import { newVpid12Unsynced } from './new-vpid12-unsynced.js';
import { nxReservedInShadow } from './nx-reserved-in-shadow.js';
import { obsoleteRootsByCurrent } from './obsolete-roots-by-current.js';
import { paeRootSyncedInPart } from './pae-root-synced-in-part.js';
import { paeRootUnknown } from './pae-root-unknown.js';
import { pageFoundWithoutWp } from './page-found-without-wp.js';
import { pcidComparedWithoutBit11 } from './pcid-compared-without-bit-11.js';
import { pcidFlushSkipsFlush } from './pcid-flush-skips-flush.js';
import { pcidFlushSkipsSync } from './pcid-flush-skips-sync.js';
import { pcidFlushSparesPrevRoots } from './pcid-flush-spares-prev-roots.js';
import { pcideKeepsRoots } from './pcide-keeps-roots.js';
import { pcideOffIgnored } from './pcide-off-ignored.js';
import { pdptesKept } from './pdptes-kept.js';
import { pgdComparedByFrame } from './pgd-compared-by-frame.js';
import { pgeToggleIgnored } from './pge-toggle-ignored.js';
import { preemptedTwiceLosesFlush } from './preempted-twice-loses-flush.js';
import { quadrantLost } from './quadrant-lost.js';
import { remoteFlushFirstVcpuOnly } from './remote-flush-first-vcpu-only.js';
import { requestWithoutKick } from './request-without-kick.js';
import { rmapLosesSecondMapping } from './rmap-loses-second-mapping.js';
import { roleWithoutGuestMode } from './role-without-guest-mode.js';
import { rotationLosesMarks } from './rotation-loses-marks.js';
import { shadowPageSharedByRights } from './shadow-page-shared-by-rights.js';
import { stealFlushSkipped } from './steal-flush-skipped.js';
import { syncKeepsAbsent } from './sync-keeps-absent.js';
import { syncKeepsRights } from './sync-keeps-rights.js';
import { syncRequestUnserviced } from './sync-request-unserviced.js';
import { syncSkipsLastEntry } from './sync-skips-last-entry.js';
import { syncStopsAfterBatch } from './sync-stops-after-batch.js';
import { syncWithoutWriteProtect } from './sync-without-write-protect.js';
import { syncedRootsSpared } from './synced-roots-spared.js';
import { tdpPcidUnflushed } from './tdp-pcid-unflushed.js';
import { tlbFlushWithdrawsGuestFlush } from './tlb-flush-withdraws-guest-flush.js';
import { tlbTagWithoutPcid } from './tlb-tag-without-pcid.js';
import { tlbTagWithoutVpid } from './tlb-tag-without-vpid.js';
import { trackedWriteZapsNothing } from './tracked-write-zaps-nothing.js';
import { transitionFlushesEptpLeft } from './transition-flushes-eptp-left.js';
import { transitionSyncsCurrentOnly } from './transition-syncs-current-only.js';
import { transitionUnflushed } from './transition-unflushed.js';
import { unsyncNotPropagated } from './unsync-not-propagated.js';
import { vmfuncKeepsAd } from './vmfunc-keeps-ad.js';
import { vmfuncKeepsRoot } from './vmfunc-keeps-root.js';
import { vmxExitUnhandled } from './vmx-exit-unhandled.js';
import { vpid0Entered } from './vpid-0-entered.js';
import { vpid12ChangeUnnoticed } from './vpid12-change-unnoticed.js';
import { wpOverrideKeepsExec } from './wp-override-keeps-exec.js';
import { wpOverrideKeepsUser } from './wp-override-keeps-user.js';
import { wpToggleFreesTdpRoots } from './wp-toggle-frees-tdp-roots.js';
import { writeProtectFirstMappingOnly } from './write-protect-first-mapping-only.js';
import { writeTrackingLost } from './write-tracking-lost.js';
import { zapOfRootUnannounced } from './zap-of-root-unannounced.js';

export type { Defect } from './defect.js';

/** Every way in which a VM can be made wrong on purpose: first bugs that KVM had, then mutants. */
export const DEFECTS: Readonly<Record<DefectName, Defect>> = {
  'ept-fault-syncs-current-only': eptFaultSyncsCurrentOnly,
  'invept-eptp-unchecked': inveptEptpUnchecked,
  'invept-syncs-current-only': inveptSyncsCurrentOnly,
  'invept-matches-whole-eptp': inveptMatchesWholeEptp,
  'invvpid-keeps-l2-roots': invvpidKeepsL2Roots,
  'fault-injected-without-sync': faultInjectedWithoutSync,
  'transition-syncs-current-only': transitionSyncsCurrentOnly,
  'mov-cr3-syncs-current-only': movCr3SyncsCurrentOnly,
  'pcide-keeps-roots': pcideKeepsRoots,
  'tdp-pcid-unflushed': tdpPcidUnflushed,
  'new-vpid12-unsynced': newVpid12Unsynced,
  'guest-flush-names-vpid01': guestFlushNamesVpid01,
  'l2-without-vpid-unflushed': l2WithoutVpidUnflushed,
  'guest-flush-late': guestFlushLate,
  'invlpg-walks-arch-mmu': invlpgWalksArchMmu,
  'invpcid-without-paging-crashes': invpcidWithoutPagingCrashes,
  'shadow-page-shared-by-rights': shadowPageSharedByRights,
  'transition-flushes-eptp-left': transitionFlushesEptpLeft,
  'pdptes-kept': pdptesKept,
  'vmfunc-keeps-ad': vmfuncKeepsAd,
  'canonical-by-la57': canonicalByLa57,
  'direct-page-any-gfn': directPageAnyGfn,
  'direct-page-any-role': directPageAnyRole,
  'linked-unsynced': linkedUnsynced,
  'mmio-over-present': mmioOverPresent,
  'nx-reserved-in-shadow': nxReservedInShadow,
  'ept-bit-7-unchecked': eptBit7Unchecked,
  'vmx-exit-unhandled': vmxExitUnhandled,
  'cr3-bit-63-kept': cr3Bit63Kept,
  'vpid-0-entered': vpid0Entered,
  'pae-root-unknown': paeRootUnknown,
  'preempted-twice-loses-flush': preemptedTwiceLosesFlush,
  'hv-flush-non-canonical': hvFlushNonCanonical,
  'wp-toggle-frees-tdp-roots': wpToggleFreesTdpRoots,
  'obsolete-roots-by-current': obsoleteRootsByCurrent,
  'pcid-flush-skips-flush': pcidFlushSkipsFlush,
  'pcid-flush-skips-sync': pcidFlushSkipsSync,
  'pcid-flush-spares-prev-roots': pcidFlushSparesPrevRoots,
  'synced-roots-spared': syncedRootsSpared,
  'pcid-compared-without-bit-11': pcidComparedWithoutBit11,
  'last-slot-missed': lastSlotMissed,
  'rotation-loses-marks': rotationLosesMarks,
  'pgd-compared-by-frame': pgdComparedByFrame,
  'role-without-guest-mode': roleWithoutGuestMode,
  'load-skips-sync': loadSkipsSync,
  'load-skips-flush': loadSkipsFlush,
  'pae-root-synced-in-part': paeRootSyncedInPart,
  'guest-flush-skips-sync': guestFlushSkipsSync,
  'guest-flush-skips-hardware': guestFlushSkipsHardware,
  'guest-flush-spares-prev-roots': guestFlushSparesPrevRoots,
  'guest-flush-asks-first': guestFlushAsksFirst,
  'dummy-root-kept': dummyRootKept,
  'invlpg-current-root-only': invlpgCurrentRootOnly,
  'invlpg-skips-hardware': invlpgSkipsHardware,
  'invpcid-address-current-root-only': invpcidAddressCurrentRootOnly,
  'invept-all-as-single': inveptAllAsSingle,
  'invept-spares-current': inveptSparesCurrent,
  'mark-without-sync': markWithoutSync,
  'mark-without-flush': markWithoutFlush,
  'current-mark-ignored': currentMarkIgnored,
  'sync-request-unserviced': syncRequestUnserviced,
  'flush-request-unserviced': flushRequestUnserviced,
  'tlb-flush-withdraws-guest-flush': tlbFlushWithdrawsGuestFlush,
  'remote-flush-first-vcpu-only': remoteFlushFirstVcpuOnly,
  'request-without-kick': requestWithoutKick,
  'mov-cr3-same-value-ignored': movCr3SameValueIgnored,
  'pge-toggle-ignored': pgeToggleIgnored,
  'pcide-off-ignored': pcideOffIgnored,
  'invpcid-all-as-single': invpcidAllAsSingle,
  'globals-survive-pge': globalsSurvivePge,
  'invvpid-flushes-vpid01': invvpidFlushesVpid01,
  'vmfunc-keeps-root': vmfuncKeepsRoot,
  'transition-unflushed': transitionUnflushed,
  'vpid12-change-unnoticed': vpid12ChangeUnnoticed,
  'tlb-tag-without-pcid': tlbTagWithoutPcid,
  'tlb-tag-without-vpid': tlbTagWithoutVpid,
  'global-without-pge': globalWithoutPge,
  'fault-keeps-tlb-entry': faultKeepsTlbEntry,
  'flush-current-names-vpid01': flushCurrentNamesVpid01,
  'unsync-not-propagated': unsyncNotPropagated,
  'link-hides-unsync': linkHidesUnsync,
  'sync-skips-last-entry': syncSkipsLastEntry,
  'sync-keeps-rights': syncKeepsRights,
  'sync-keeps-absent': syncKeepsAbsent,
  'sync-stops-after-batch': syncStopsAfterBatch,
  'sync-without-write-protect': syncWithoutWriteProtect,
  'write-protect-first-mapping-only': writeProtectFirstMappingOnly,
  'rmap-loses-second-mapping': rmapLosesSecondMapping,
  'write-tracking-lost': writeTrackingLost,
  'tracked-write-zaps-nothing': trackedWriteZapsNothing,
  'zap-of-root-unannounced': zapOfRootUnannounced,
  'invlpg-keeps-leaf': invlpgKeepsLeaf,
  'dirty-bit-lost': dirtyBitLost,
  'accessed-bit-lost': accessedBitLost,
  'quadrant-lost': quadrantLost,
  'wp-override-keeps-user': wpOverrideKeepsUser,
  'wp-override-keeps-exec': wpOverrideKeepsExec,
  'page-found-without-wp': pageFoundWithoutWp,
  'hv-queue-drops-overflow': hvQueueDropsOverflow,
  'hv-flush-first-page-only': hvFlushFirstPageOnly,
  'steal-flush-skipped': stealFlushSkipped,
};
