export { createMmu, type Mmu, type RootInfo, type RootSlot } from './mmu.js';
export { createNested, type Nested, type Vmcs12 } from './nested.js';
export { createShadowPages, HPA_BASE, type ShadowPage, type ShadowPages } from './shadow-page.js';
export { type Counters, createVcpu, type Vcpu } from './vcpu.js';
export type { Emit, Vm } from './vm.js';
