export { isEptOffered, isVmcsField } from './capabilities.js';
export { areControlsValid, isAddressSpaceSizeValid } from './check-controls.js';
export { isEptpAccepted } from './check-execution-controls.js';
export { isHostStateValid } from './check-host-state.js';
export { enterL2, restoreL2, resumeL2AfterSmm } from './enter-l2.js';
export { cr4Offered, isCr0Fixed, isCr4Fixed, isValidCr0InVmx } from './fixed-bits.js';
export { logModifiedPage } from './page-modification-log.js';
export { hasVmxInstructions, vmxPermission } from './permission.js';
export { reflectFault } from './reflect-fault.js';
export { runGuest } from './run.js';
export {
  enterL2OfSvm,
  leaveL2OfSvm,
  SVM_EXIT_ERR,
  SVM_EXIT_NPF,
  SVM_EXIT_VMRUN,
} from './svm.js';
export { VM_SUCCEED, vmFail, vmFailInvalid } from './vm-fail.js';
export { releaseVmcs12, vmcs12At } from './vmcs-regions.js';
export { leaveL2Unseen, nestedVmexit, reflectExit, saveGuestState } from './vmexit.js';
