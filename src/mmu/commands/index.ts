export { VMCS_REGIONS_MAX } from './refusal.js';
