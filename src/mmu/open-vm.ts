import { conductOf } from './conduct.js';
import { createConfiguredTlb, initialRegisters } from './create-vm.js';
import { type Making, OpenedVm, type PartSource } from './parts/index.js';
import type { VmConfig } from './schema/index.js';

/**
 * Makes a function that makes VMs of states that are kept in parts.
 *
 * @param config The configuration that all of them arose from.
 */
export function createOpener(config: VmConfig): (source: PartSource) => OpenedVm {
  const making: Making = {
    config,
    conduct: conductOf(config),
    regs: initialRegisters(config),
    createTlb: (total) => createConfiguredTlb(config, total),
  };
  return (source) => new OpenedVm(making, source);
}
