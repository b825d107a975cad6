import { conductOf } from './conduct.js';
import { createConfiguredTlb } from './create-vm.js';
import {
  BadEncoding,
  type ByteReader,
  type ByteWriter,
  type ContentsSink,
  type ContentsSource,
  type Pieces,
  readCpuid,
  readMemslots,
  readOracle,
  readShadow,
  readVcpu,
  readVmcs12s,
  writeCpuid,
  writeMemslots,
  writeOracle,
  writeShadow,
  writeVcpu,
  writeVmcs12s,
} from './encoding/index.js';
import { createMemory } from './machine/index.js';
import { isWatched } from './oracle/index.js';
import type { VmConfig } from './schema/index.js';
import { createLedger, type Vm } from './state/index.js';

/** The places of a written state's blocks. */
export interface Blocks {
  /** Where each vCPU's block begins, and where the last one ends. */
  readonly vcpuBlocks: readonly number[];
  /** Where the shadow pages begin, then the five pieces of each vCPU: see `writeVcpu()`. */
  readonly cuts: readonly number[];
  /** Where what the oracle remembers of each vCPU begins, and where the last one ends. */
  readonly oracleParts: readonly number[];
}

/**
 * Writes every part of a state, in the one order there is, piece by piece. The VM must stand still
 * meanwhile.
 *
 * @param contents Takes what is in pages.
 * @returns Where its blocks are.
 */
export function* writeVm(writer: ByteWriter, vm: Vm, contents: ContentsSink): Pieces<Blocks> {
  writer.uint(vm.vcpus.length);
  writeCpuid(writer, vm.config);
  writeMemslots(writer, vm.memory.memslots);
  yield* contents.memory(vm.memory.pages);
  writeVmcs12s(writer, vm.vmcs12s);
  const cuts = [writer.position()];
  yield* writeShadow(writer, vm.shadow, contents);
  const vcpuBlocks = [writer.position()];
  for (const vcpu of vm.vcpus) {
    cuts.push(writer.position());
    writeVcpu(writer, vcpu, () => cuts.push(writer.position()));
    vcpuBlocks.push(writer.position());
    yield;
  }
  const oracleParts = isWatched(vm) ? yield* writeOracle(writer, vm) : [];
  return { vcpuBlocks, cuts, oracleParts };
}

/**
 * The inverse of {@link writeVm}.
 *
 * @param config The configuration that the VM was made from.
 * @throws {BadEncoding} If what is read is no state of such a VM.
 */
export function readVm(reader: ByteReader, config: VmConfig, contents: ContentsSource): Vm {
  const vcpuCount = reader.uint();
  if (vcpuCount !== config.vcpus) {
    throw new BadEncoding(`a state of ${vcpuCount} vCPUs, for a VM of ${config.vcpus}`);
  }
  const present = readCpuid(reader, config);
  const memory = createMemory(readMemslots(reader), contents.memory());
  const vmcs12s = readVmcs12s(reader);
  const shadow = readShadow(reader, contents);
  const { prevRoots } = config;
  const tlbTotal = { entries: 0 };
  const vcpus = Array.from({ length: vcpuCount }, (_, index) => {
    const tlb = createConfiguredTlb(config, tlbTotal);
    return readVcpu(reader, { index, prevRoots, tlb, shadow, vmcs12s });
  });
  const oracle = config.oracle === 'on' ? readOracle(reader, vcpuCount) : null;
  return {
    initial: config,
    config: present,
    ...conductOf(config),
    memory,
    shadow,
    vcpus,
    tlbTotal,
    vmcs12s,
    oracle,
    ledger: oracle === null ? null : createLedger(vcpuCount),
  };
}
