import type { DefectName } from '../../mmu/index.js';
import type { VmConfig } from '../../mmu/schema/index.js';

/** A configuration with one mistake more; the same one if there is none, or if it has it already. */
export function withDefect(config: VmConfig, defect: DefectName | null = null): VmConfig {
  if (defect === null || config.defects.includes(defect)) return config;
  return { ...config, defects: [...config.defects, defect] };
}
