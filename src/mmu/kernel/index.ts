export { offeredFeatures } from './offered-features.js';
export {
  KERNEL_NAMES,
  KERNEL_RELEASES,
  KERNEL_VERSIONS,
  type KernelName,
  type KernelRelease,
  type KernelVersion,
} from './releases.js';
export {
  KVM_REQ,
  REQUEST_NAMES,
  type Request,
  type RequestName,
  requestNameOf,
  requestNamesOf,
} from './requests.js';
export type { KernelRules } from './rules.js';
export { KERNEL_SUMMARIES } from './summaries.js';
export { kernelRulesOf, nearestRelease, releaseOf } from './versions.js';
