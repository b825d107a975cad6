export { createMmu, type Mmu, type RootInfo, type RootSlot } from './mmu.js';
export { createNested, type Nested } from './nested.js';
export { createShadowPages, type ShadowPage, type ShadowPages } from './shadow-page.js';
export { type Counters, createVcpu, type Vcpu } from './vcpu.js';
export { type Emit, hasLam, type Vm } from './vm.js';
export {
  eptpOf,
  fieldOf,
  flagsOf,
  hasCpuControl,
  hasEntryControl,
  hasExitControl,
  hasSecondaryControl,
  setField,
  type Vmcs12,
  vpidOf,
} from './vmcs12.js';
