export { areControlsValid, isEptOffered } from './check-controls.js';
export { isHostStateValid } from './check-host-state.js';
export { enterL2 } from './enter-l2.js';
export { isCr0Fixed, isCr4Fixed, isValidCr0InVmx } from './fixed-bits.js';
export { hasVmxInstructions, vmxPermission } from './permission.js';
export { runGuest } from './run.js';
export { VM_SUCCEED, vmFail, vmFailInvalid } from './vm-fail.js';
export { releaseVmcs12, vmcs12At } from './vmcs-regions.js';
export { nestedVmexit, reflectExit } from './vmexit.js';
