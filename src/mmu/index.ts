export { VMCS_REGIONS_MAX } from './commands/index.js';
export { createVm } from './create-vm.js';
export { KERNEL_VERSIONS, type KernelVersion } from './kernel/index.js';
export { POLICIES, POLICY_NAMES, type Policy, type PolicyName } from './policies/index.js';
export { CommandRefused } from './refused.js';
export type { Emit, Vcpu, Vm } from './state/index.js';
export { step } from './step.js';
export { vcpuStateOf } from './vcpu-view.js';
