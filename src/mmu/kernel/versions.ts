import {
  KERNEL_RELEASES,
  KERNEL_VERSIONS,
  type KernelName,
  type KernelRelease,
  type KernelVersion,
} from './releases.js';
import type { KernelRules } from './rules.js';

/** v5.13: the last kernel whose switches carried `skip_tlb_flush` and `skip_mmu_sync`. */
const v5_13: KernelRules = {
  release: '5.13.0',
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
  obsoleteRootsBy: 'own-page',
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
  failedEntryFlushes: false,
  transitionServices: 'current',
  nestedEvents: 'before-requests',
  initFlushesGuest: false,
  l2Vpid: 'vpid01-for-guest',
  hasLam: false,
  hasModeBasedExec: false,
  restoredPdptes: 'at-once',
  cpuidAfterRun: 'resets',
  hasGmet: false,
  sregsChecksEfer: false,
  sregsFlushesGuest: false,
  foundPageSync: 'request',
  emptySyncZaps: true,
  prefetchUnsyncs: true,
  trackedWriteZapsOrphans: false,
  orphanRootsStay: false,
  tdpZapLevels: [3],
  flushesClearedAccessed: true,
  remakesLeafClean: true,
  syncRemakesUnchanged: true,
  invlpgLeaf: 'zap-and-prefetch',
  trackedWriteFlushesCurrent: true,
  eptFaultReachesCachedRoots: false,
  eptReadIsUser: true,
  rolePassthrough: false,
  dirtyLogAlwaysFlushes: false,
  hasHvTlbFlush: false,
};

/** v5.14: sync and flush became requests; the thread was written against it. */
const v5_14: KernelRules = {
  ...v5_13,
  release: '5.14.0',
  restoredPdptes: 'by-request',
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

/** v5.18: what was merged in v5.15 to v5.18, and the loop that looks at one root alone. */
const v5_18: KernelRules = {
  ...v5_14,
  release: '5.18.0',
  pgdSwitch: 'keep-or-fill',
  cpuidAfterRun: 'same-only',
  wantsBaseRole: false,
  tdpPcidFlushesGuest: true,
  invpcidTypeFirst: false,
  zapRequest: 'MMU_FREE_OBSOLETE_ROOTS',
  obsoleteRootsBy: 'current-page',
  cr4FlushAfterReset: true,
  changedPdptes: 'free-root',
  pdptrLoadRequestsPgd: true,
  newVpid12: 'TLB_FLUSH_GUEST',
  transitionServices: 'current-and-guest',
  initFlushesGuest: true,
  l2Vpid: 'vpid02',
  foundPageSync: 'before-link',
  emptySyncZaps: false,
  prefetchUnsyncs: false,
  trackedWriteFlushesCurrent: false,
  eptFaultReachesCachedRoots: true,
  rolePassthrough: true,
};

/** v6.1.176: what was merged in v5.19, and CR0.WP that keeps the roots of TDP. */
const v6_1_176: KernelRules = {
  ...v5_18,
  release: '6.1.176',
  roleBits: 'fixed-efer',
  roleTells: 'nothing',
  obsoleteRootsBy: 'own-page',
  wpChange: 'refresh-with-tdp',
  pgOffFlushesGuest: true,
  eferLmeResets: true,
  // 2657b82a78f1 (v6.12), which the series has since 6.1.119.
  l2Vpid: 'vpid02-if-vpid12',
  nestedEvents: 'after-requests',
  dirtyLogAlwaysFlushes: true,
};

/** Rules that were mended in 2026, in v7.3 and in the stable series. */
const MENDED_IN_2026 = {
  failedEntryFlushes: true,
  sregsChecksEfer: true,
  orphanRootsStay: true,
} as const satisfies Partial<KernelRules>;

const v6_1: KernelRules = { ...v6_1_176, ...MENDED_IN_2026, release: '6.1.190' };

/** v6.12: dummy roots, LAM, the Hyper-V flush queue. */
const v6_12: KernelRules = {
  ...v6_1_176,
  release: '6.12.107',
  wpChange: 'refresh-with-tdp-and-paging',
  invisibleRoot: 'dummy-root',
  hasLam: true,
  sregsFlushesGuest: true,
  invlpgLeaf: 'sync',
  hasHvTlbFlush: true,
};

const v6_12_118: KernelRules = { ...v6_12, ...MENDED_IN_2026, release: '6.12.118' };

/** v7.3: `cr4_smep` joined the base role; a reload services the obsolete-roots request. */
const v7_3: KernelRules = {
  ...v6_12_118,
  release: '7.3.4',
  roleBits: 'cr4-smep',
  hasModeBasedExec: true,
  hasGmet: true,
  reloadFreesObsolete: true,
  trackedWriteZapsOrphans: true,
  tdpZapLevels: [2, 3],
  flushesClearedAccessed: false,
  remakesLeafClean: false,
  syncRemakesUnchanged: false,
  eptReadIsUser: false,
};

const RULES: Record<KernelRelease, KernelRules> = {
  '5.13.0': v5_13,
  '5.14.0': v5_14,
  '5.18.0': v5_18,
  '6.1.176': v6_1_176,
  '6.1.190': v6_1,
  '6.12.107': v6_12,
  '6.12.118': v6_12_118,
  '7.3.4': v7_3,
};

const RELEASE_OF: Record<KernelVersion, KernelRelease> = {
  '5.13': '5.13.0',
  '5.14': '5.14.0',
  '6.1': '6.1.190',
  '6.12': '6.12.107',
  '7.3': '7.3.4',
};

/** The release that a name of a kernel stands for: itself, or that of its series. */
export function releaseOf(name: KernelName): KernelRelease {
  return (
    (RELEASE_OF as Partial<Record<KernelName, KernelRelease>>)[name] ?? (name as KernelRelease)
  );
}

export function kernelRulesOf(name: KernelName): KernelRules {
  return RULES[releaseOf(name)];
}

/**
 * The modelled release that is nearest to a real one of the same series and not younger, or else
 * the oldest of the series.
 *
 * @param release As `uname -r` begins: `6.1.192`, or a series alone.
 * @returns Undefined if no release of the series is modelled.
 */
export function nearestRelease(release: string): KernelRelease | undefined {
  const alias = KERNEL_VERSIONS.find((version) => version === release);
  if (alias !== undefined) return RELEASE_OF[alias];
  const [series, patch] = partsOf(release);
  const known = KERNEL_RELEASES.filter((one) => partsOf(one)[0] === series);
  return known.findLast((one) => partsOf(one)[1] <= patch) ?? known[0];
}

function partsOf(release: string): readonly [series: string, patch: number] {
  const [major, minor, patch = '0'] = release.split('.');
  return [`${major}.${minor}`, Number.parseInt(patch, 10)];
}
