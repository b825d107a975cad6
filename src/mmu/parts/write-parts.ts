import {
  type ByteWriter,
  finished,
  writeCpuid,
  writeLinks,
  writeMemslots,
  writeShadow,
  writeVmcs12s,
} from '../encoding/index.js';
import type { GuestMemory } from '../machine/index.js';
import type { ShadowPages, Vm } from '../state/index.js';

/** Writes what all vCPUs share and is small: CPUID, memslots, VMCS regions. */
export function writeBoardPart(
  writer: ByteWriter,
  { config, vcpus, vmcs12s }: Vm,
  memslots: GuestMemory['memslots'],
): void {
  writer.uint(vcpus.length);
  writeCpuid(writer, config);
  writeMemslots(writer, memslots);
  writeVmcs12s(writer, vmcs12s);
}

/** Writes the shadow pages but for their entries, which are shared from now on. */
export function writeShadowPart(writer: ByteWriter, shadow: ShadowPages): void {
  const sink = {
    entries(page: { isSptShared: boolean }) {
      page.isSptShared = true;
    },
    links: () => writeLinks(writer, shadow),
  };
  finished(writeShadow(writer, shadow, sink));
}
