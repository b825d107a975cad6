export { archiveVm, archivingOf, unarchiveVm } from './archive.js';
export {
  ANY_FUTURE,
  type Futures,
  OracleForgot,
  renameCore,
  renamedCr3,
  renamedEntry,
  renamedPages,
  renameOracle,
  renameShadow,
  renameTlb,
  type Swap,
  settle,
} from './canonical/index.js';
export { VMCS_REGIONS_MAX } from './commands/index.js';
export { createMendedVm, createVm, creationOf, initialPages } from './create-vm.js';
export { DEFECTS, type Defect } from './defects/index.js';
export { decodeVm, type EncodedVm, encodeVm, encodingOf } from './encode.js';
export { BadEncoding, createByteWriter, finished } from './encoding/index.js';
export {
  bytesBeyond,
  type Contents,
  createFreezer,
  type FrozenVm,
  freezeVm,
  thawVm,
} from './freeze.js';
export {
  KERNEL_NAMES,
  KERNEL_RELEASES,
  KERNEL_SUMMARIES,
  KERNEL_VERSIONS,
  type KernelName,
  type KernelRelease,
  type KernelVersion,
  kernelRulesOf,
  nearestRelease,
  releaseOf,
  requestNamesOf,
} from './kernel/index.js';
export {
  addressFrameOf,
  contentPagesOf,
  type GuestPages,
  gfnToGpa,
  gpaToGfn,
  hex,
  isPcide,
  isSameWord,
  MEMORY_PAGES_MAX,
  PAGE_SIZE,
  pagesBeyond,
  pagesInOrder,
  pagingModeOf,
  sharePages,
  type Word,
  wordFromNumber,
  wordsOfPage,
  wordToHex,
  wordToNumber,
} from './machine/index.js';
export { type HoleName, MENDS, type Mend } from './mends/index.js';
export { createOpener } from './open-vm.js';
export { isWatched } from './oracle/index.js';
export {
  BOARD,
  CORE,
  GUEST_MMU,
  MEMORY,
  type OpenedVm,
  oraclePlace,
  type PartSource,
  placeOf,
  ROOT_MMU,
  SHADOW,
  settleOpened,
  TLB,
} from './parts/index.js';
export {
  isPolicysChoice,
  POLICIES,
  POLICY_NAMES,
  type Policy,
  type PolicyName,
} from './policies/index.js';
export { pagesHeldBy } from './room.js';
export { RULES_VERSION } from './rules-version.js';
export { DEFECT_NAMES, DEFECTS_MAX, type DefectName } from './schema/index.js';
export { isDirect, isInvalid, ROLE } from './shadow/index.js';
export type { Emit, Mmu, ShadowPage, Vcpu, Vm } from './state/index.js';
export { CommandRefused, prevRootCount, rootAt } from './state/index.js';
export { entersFirst, step } from './step.js';
export { VECTORS } from './vcpu/index.js';
export {
  allowedStateOf,
  currentEptpOf,
  differencesOf,
  eptWalkOf,
  explainLookup,
  FLAWS,
  flawsOf,
  guestWalkOf,
  isEptpUsable,
  type Lookup,
  ledgerStateOf,
  memoryStateOf,
  newestDeedOf,
  oracleStateOf,
  type ShadowPageFilter,
  shadowPageAt,
  shadowPageStateOf,
  shadowPagesOf,
  sptesOf,
  type TlbRange,
  tlbStateOf,
  vcpuStateOf,
} from './views/index.js';
