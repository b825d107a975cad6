export { offeredFeatures } from './offered-features.js';
export { KERNEL_VERSIONS, type KernelRules, type KernelVersion } from './rules.js';
export { KERNEL_SUMMARIES } from './summaries.js';
export { kernelRulesOf } from './versions.js';
