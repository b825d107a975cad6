import type { KernelRules, KernelVersion } from './rules.js';

/** v5.13: the last kernel whose switches carried `skip_tlb_flush` and `skip_mmu_sync`. */
const v5_13: KernelRules = {
  version: '5.13',
  pgdSwitch: 'swap-chain',
  wantsBaseRole: true,
  roleBits: 'guest-efer-cr0',
  roleTells: 'nx',
  syncOfActivePcid: 'immediate',
  syncOnHitUnlessSkipped: true,
  movCr3ReachesCachedRoots: false,
  tdpPcidFlushesGuest: false,
  invpcidAll: 'MMU_RELOAD',
  invpcidTypeFirst: true,
  invvpidFrees: 'all',
  vmfuncUsesCache: false,
  zapRequest: 'MMU_RELOAD',
  reloadFreesObsolete: false,
  cr4RoleHasLa57: false,
  cr4FlushAfterReset: false,
  wpChange: 'reset',
  pgOffFlushesGuest: false,
  eferLmeResets: false,
  changedPdptes: 'switch',
  pdptrLoadRequestsPgd: false,
  invisibleRoot: 'triple-fault',
  transitionWithoutVpid: 'TLB_FLUSH',
  newVpid12: 'flush-vpid02',
  transitionServices: 'current',
  nestedEvents: 'before-requests',
  initFlushesGuest: false,
  l2Vpid: 'vpid01-for-guest',
  hasLam: false,
  sregsFlushesGuest: false,
  foundPageSync: 'request',
  emptySyncZaps: true,
  prefetchUnsyncs: true,
  trackedWriteZapsOrphans: false,
  tdpZapLevels: [3],
  flushesClearedAccessed: true,
  remakesLeafClean: true,
  syncRemakesUnchanged: true,
  invlpgLeaf: 'zap-and-prefetch',
  trackedWriteFlushesCurrent: true,
  eptFaultReachesCachedRoots: false,
  eptReadIsUser: true,
  hasHvTlbFlush: false,
};

/** v5.14: sync and flush became requests; the thread was written against it. */
const v5_14: KernelRules = {
  ...v5_13,
  version: '5.14',
  syncOfActivePcid: 'requested',
  syncOnHitUnlessSkipped: false,
  movCr3ReachesCachedRoots: true,
  invpcidAll: 'TLB_FLUSH_GUEST',
  invvpidFrees: 'guest-mode',
  vmfuncUsesCache: true,
  cr4RoleHasLa57: true,
  changedPdptes: 'ignored',
  transitionWithoutVpid: 'TLB_FLUSH_GUEST',
};

/** v6.1: what was merged in v5.16 to v5.19. */
const v6_1: KernelRules = {
  ...v5_14,
  version: '6.1',
  pgdSwitch: 'keep-or-fill',
  wantsBaseRole: false,
  roleBits: 'fixed-efer',
  roleTells: 'nothing',
  tdpPcidFlushesGuest: true,
  invpcidTypeFirst: false,
  zapRequest: 'MMU_FREE_OBSOLETE_ROOTS',
  cr4FlushAfterReset: true,
  wpChange: 'refresh-with-tdp',
  pgOffFlushesGuest: true,
  eferLmeResets: true,
  changedPdptes: 'free-root',
  pdptrLoadRequestsPgd: true,
  newVpid12: 'TLB_FLUSH_GUEST',
  transitionServices: 'current-and-guest',
  nestedEvents: 'after-requests',
  initFlushesGuest: true,
  l2Vpid: 'vpid02',
  foundPageSync: 'before-link',
  emptySyncZaps: false,
  prefetchUnsyncs: false,
  trackedWriteFlushesCurrent: false,
  eptFaultReachesCachedRoots: true,
};

/** v6.12: dummy roots, LAM, the Hyper-V flush queue. */
const v6_12: KernelRules = {
  ...v6_1,
  version: '6.12',
  wpChange: 'refresh-with-tdp-and-paging',
  invisibleRoot: 'dummy-root',
  l2Vpid: 'vpid02-if-vpid12',
  hasLam: true,
  sregsFlushesGuest: true,
  invlpgLeaf: 'sync',
  hasHvTlbFlush: true,
};

/** v7.3: `cr4_smep` joined the base role; a reload services the obsolete-roots request. */
const v7_3: KernelRules = {
  ...v6_12,
  version: '7.3',
  roleBits: 'cr4-smep',
  reloadFreesObsolete: true,
  trackedWriteZapsOrphans: true,
  tdpZapLevels: [2, 3],
  flushesClearedAccessed: false,
  remakesLeafClean: false,
  syncRemakesUnchanged: false,
  eptReadIsUser: false,
};

const RULES: Record<KernelVersion, KernelRules> = {
  '5.13': v5_13,
  '5.14': v5_14,
  '6.1': v6_1,
  '6.12': v6_12,
  '7.3': v7_3,
};

export function kernelRulesOf(version: KernelVersion): KernelRules {
  return RULES[version];
}
