import type { VmConfig } from '../schema/index.js';
import type { ByteReader, ByteWriter } from './bytes.js';

type Feature = keyof VmConfig['cpuid'];

/** Writes the part of a configuration that the VMM may change: CPUID and MAXPHYADDR. */
export function writeCpuid(writer: ByteWriter, { cpuid, maxphyaddr }: VmConfig): void {
  for (const feature of featuresOf(cpuid)) writer.flag(cpuid[feature]);
  writer.uint(maxphyaddr);
}

/**
 * The inverse of {@link writeCpuid}.
 *
 * @param initial The configuration that the VM was made from: it is returned where nothing has changed.
 */
export function readCpuid(reader: ByteReader, initial: VmConfig): VmConfig {
  const features = featuresOf(initial.cpuid);
  const flags = features.map(reader.flag);
  const maxphyaddr = reader.uint();
  const isSame =
    maxphyaddr === initial.maxphyaddr &&
    features.every((feature, i) => flags[i] === initial.cpuid[feature]);
  if (isSame) return initial;
  const cpuid = { ...initial.cpuid };
  for (const [i, feature] of features.entries()) cpuid[feature] = flags[i] as boolean;
  return { ...initial, cpuid, maxphyaddr };
}

/** The features in one order, whatever the order of the configuration's keys. */
function featuresOf(cpuid: VmConfig['cpuid']): Feature[] {
  return (Object.keys(cpuid) as Feature[]).sort();
}
