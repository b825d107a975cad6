export { eptLimitsIn, isModeBased } from './ept-limits.js';
export {
  type Books,
  booksOf,
  createLedger,
  type Deed,
  type DeedKind,
  type Flushes,
  type Ledger,
  type Sums,
  type TagFlushes,
  type Tally,
  type Walked,
  type Worth,
} from './ledger.js';
export { createMmu, type Mmu } from './mmu.js';
export {
  createNested,
  hasGmet,
  type Nested,
  type NestedPaging,
  nestedTablesOf,
  type SvmL2,
} from './nested.js';
export {
  createOracle,
  createVirtualTlb,
  type Forgotten,
  type FreshTranslation,
  type Heard,
  isUntouched,
  type Oracle,
  type PastValue,
  type PastWord,
  type Told,
  type Trail,
  type VirtualTlb,
} from './oracle.js';
export { CommandRefused } from './refused.js';
export { clearRoot, createRootInfo, fillRoot, isValidRoot, type RootInfo } from './root-info.js';
export {
  currentRoot,
  prevRootCount,
  prevRootsOf,
  type RootSlot,
  recordAt,
  rootAt,
} from './root-slots.js';
export {
  createShadowPages,
  HPA_BASE,
  indexOfRef,
  pageOfRef,
  type ShadowPage,
  type ShadowPages,
  SPTES_PER_PAGE,
  spteRef,
} from './shadow-page.js';
export type { SavedForSmm } from './smm.js';
export {
  createTlb,
  GLOBAL,
  resizeTlb,
  type Tlb,
  type TlbContext,
  type TlbEntry,
  type TlbTag,
  type TlbTotal,
} from './tlb.js';
export {
  type Counters,
  createVcpu,
  createVcpuCore,
  type StealTime,
  type Vcpu,
  type VcpuCore,
} from './vcpu.js';
export { type Emit, hasLam, type Vm } from './vm.js';
export {
  eptpOf,
  fieldOf,
  flagsOf,
  hasCpuControl,
  hasEntryControl,
  hasExitControl,
  hasPinControl,
  hasSecondaryControl,
  setField,
  type Vmcs12,
  vpidOf,
} from './vmcs12.js';
export {
  BEGINNING,
  createEptTag,
  createPcidTag,
  createVpidTag,
  type EptTag,
  type GuestContext,
  type Moment,
  type PcidTag,
  type VpidTag,
} from './vpid-tag.js';
