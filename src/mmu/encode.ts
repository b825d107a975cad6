import {
  createByteReader,
  createByteWriter,
  type Form,
  finished,
  type Pieces,
  readEntries,
  readForm,
  readPages,
  writeEntries,
  writeForm,
  writePages,
} from './encoding/index.js';
import type { VmConfig } from './schema/index.js';
import { relinkPages } from './shadow/index.js';
import type { Vm } from './state/index.js';
import { readVm, writeVm } from './whole-state.js';

/** First bytes of every encoded state: "mmul", and the version of the form. */
const FORM: Form = { magic: 0x6c756d6d, version: 6, what: 'an encoded VM' };

/** An encoded state with the places of its parts, so that equal parts of states can be kept once. */
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
  return finished(encodingOf(vm));
}

/** The same piece by piece, for a VM that stands still meanwhile. */
export function* encodingOf(vm: Vm): Pieces<EncodedVm> {
  const writer = createByteWriter();
  writeForm(writer, FORM);
  const { vcpuBlocks } = yield* writeVm(writer, vm, {
    memory: (pages) => writePages(writer, pages),
    entries: ({ spt }) => writeEntries(writer, spt as Float64Array),
    links() {},
  });
  return { bytes: writer.bytes(), vcpuBlocks };
}

/**
 * The inverse of {@link encodeVm}.
 *
 * @param config The configuration that the VM was made from.
 * @throws {BadEncoding} If the bytes are no state, or none of such a VM.
 */
export function decodeVm(config: VmConfig, bytes: Uint8Array): Vm {
  const reader = createByteReader(bytes);
  readForm(reader, FORM);
  const vm = readVm(reader, config, {
    memory: () => readPages(reader),
    entries(page) {
      page.spt = readEntries(reader);
    },
    links: relinkPages,
  });
  reader.end();
  return vm;
}
