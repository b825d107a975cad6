import { createConfiguredTlb } from './create-vm.js';
import { defectsOf, rulesWith } from './defects/index.js';
import {
  BadEncoding,
  createByteReader,
  createByteWriter,
  readMemory,
  readOracle,
  readShadow,
  readVcpu,
  readVmcs12s,
  writeMemory,
  writeOracle,
  writeShadow,
  writeVcpu,
  writeVmcs12s,
} from './encoding/index.js';
import { kernelRulesOf } from './kernel/index.js';
import { policyOf } from './policies/index.js';
import type { VmConfig } from './schema/index.js';
import { createLedger, type Vm } from './state/index.js';

/** First bytes of every encoded state: "mmul", and the version of the form. */
const MAGIC = 0x6c756d6d;
const VERSION = 2;

/** An encoded state, and where its parts lie: whoever keeps many states can keep equal parts once. */
export interface EncodedVm {
  readonly bytes: Uint8Array;
  /** Offset at which each vCPU's block begins; the last one is where the blocks end. */
  readonly vcpuBlocks: readonly number[];
}

/**
 * The whole state of a VM as bytes: what its vCPUs, memory, shadow pages and VMCS regions hold, and
 * what the oracle remembers.
 * The same commands give the same bytes, and a decoded state goes on as the encoded one does.
 *
 * Its configuration is not part of it; a state belongs to the configuration that it arose from.
 */
export function encodeVm(vm: Vm): EncodedVm {
  const writer = createByteWriter();
  writer.uint(MAGIC);
  writer.uint(VERSION);
  writer.uint(vm.vcpus.length);
  writeMemory(writer, vm.memory);
  writeVmcs12s(writer, vm.vmcs12s);
  writeShadow(writer, vm.shadow);
  const vcpuBlocks = [writer.position()];
  for (const vcpu of vm.vcpus) {
    writeVcpu(writer, vcpu);
    vcpuBlocks.push(writer.position());
  }
  if (vm.oracle !== null) writeOracle(writer, vm.oracle);
  return { bytes: writer.bytes(), vcpuBlocks };
}

/**
 * The inverse of {@link encodeVm}.
 *
 * @param config What the VM was made from.
 * @throws {BadEncoding} If the bytes are no state, or none of such a VM.
 */
export function decodeVm(config: VmConfig, bytes: Uint8Array): Vm {
  const reader = createByteReader(bytes);
  if (reader.uint() !== MAGIC) throw new BadEncoding('these bytes are not an encoded VM');
  const version = reader.uint();
  if (version !== VERSION) throw new BadEncoding(`version ${version} is not version ${VERSION}`);
  const vcpuCount = reader.uint();
  if (vcpuCount !== config.vcpus) {
    throw new BadEncoding(`a state of ${vcpuCount} vCPUs, for a VM of ${config.vcpus}`);
  }
  const memory = readMemory(reader);
  const vmcs12s = readVmcs12s(reader);
  const shadow = readShadow(reader);
  const { prevRoots } = config;
  const tlbTotal = { entries: 0 };
  const vcpus = Array.from({ length: vcpuCount }, (_, index) => {
    const tlb = createConfiguredTlb(config, tlbTotal);
    return readVcpu(reader, { index, prevRoots, tlb, shadow, vmcs12s });
  });
  const oracle = config.oracle === 'on' ? readOracle(reader, vcpuCount) : null;
  reader.end();
  return {
    config,
    rules: rulesWith(kernelRulesOf(config.kernel), config.defects),
    policy: policyOf(config.policy),
    defects: defectsOf(config.defects),
    memory,
    shadow,
    vcpus,
    tlbTotal,
    vmcs12s,
    oracle,
    ledger: oracle === null ? null : createLedger(vcpuCount),
  };
}
