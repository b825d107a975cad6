import { z } from 'zod';
import { MemoryConfig, VmConfig, type VmConfigInput } from './config.js';

/** Changes to a configuration that leave its memory, and the addresses that fit there, as they are. */
export type ConfigChanges = Omit<Partial<VmConfigInput>, 'memory' | 'maxphyaddr'>;

const NO_MEMORY = MemoryConfig.parse({});

/**
 * Checks a configuration once more, with changes, but not its memory: that may be tens of thousands
 * of words.
 */
export function withConfigChanges(
  { memory, ...config }: VmConfig,
  changes: ConfigChanges,
): z.ZodSafeParseResult<VmConfig> {
  const wire = z.encode(VmConfig, { ...config, memory: NO_MEMORY });
  const result = VmConfig.safeParse({ ...wire, ...changes });
  return result.success ? { ...result, data: { ...result.data, memory } } : result;
}
