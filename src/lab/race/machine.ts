import { z } from 'zod';
import { type GuestPages, initialPages } from '../../mmu/index.js';
import { VmConfig, type VmConfigInput, withConfigChanges } from '../../mmu/schema/index.js';
import type { LaneSpec } from './lane.js';

/** The machine of a race, as it is written, or checked already. */
export type MachineConfig = VmConfigInput | { readonly checked: VmConfig };

/** The machine under each kernel. */
export type Configs = ReadonlyMap<LaneSpec['kernel'], VmConfig>;

/** A race that cannot be run as it was asked for. */
export class RaceRefused extends Error {
  override readonly name = 'RaceRefused';
}

/** The machine under a kernel: which registers it takes is the kernel's rule. */
export function configFor(config: MachineConfig, kernel: LaneSpec['kernel']): VmConfig {
  const parsed =
    'checked' in config
      ? withConfigChanges(config.checked, { kernel })
      : VmConfig.safeParse({ ...config, kernel });
  if (parsed.success) return parsed.data;
  const flaw = z.prettifyError(parsed.error);
  throw new RaceRefused(`Cannot race on kernel ${kernel}: ${flaw}`);
}

/** Memory at the beginning, which no kernel changes. */
export function fillMemory(configs: Configs): Generator<void, GuestPages> {
  const [first] = configs.values();
  return initialPages(first as VmConfig);
}
