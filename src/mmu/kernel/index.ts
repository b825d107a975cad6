export { offeredFeatures } from './offered-features.js';
export {
  KVM_REQ,
  REQUEST_NAMES,
  type Request,
  type RequestName,
  requestNameOf,
  requestNamesOf,
} from './requests.js';
export { KERNEL_VERSIONS, type KernelRules, type KernelVersion } from './rules.js';
export { KERNEL_SUMMARIES } from './summaries.js';
export { kernelRulesOf } from './versions.js';
