export { KERNEL_VERSIONS, type KernelVersion } from './kernel/index.js';
export { POLICIES, POLICY_NAMES, type Policy, type PolicyName } from './policies/index.js';
export { type Emit, type Vcpu, type Vm } from './state/index.js';
export { CommandRefused } from './refused.js';
export { vcpuStateOf } from './vcpu-view.js';
export { createVm, step } from './step.js';
