import {
  createByteReader,
  createByteWriter,
  type Form,
  finished,
  type Pieces,
  readEntries,
  readForm,
  readLinks,
  readPages,
  writeEntries,
  writeForm,
  writeLinks,
  writePages,
} from './encoding/index.js';
import type { VmConfig } from './schema/index.js';
import type { Vm } from './state/index.js';
import { readVm, writeVm } from './whole-state.js';

/** First bytes of every archived state: "mmua", and the version of the form. */
const FORM: Form = { magic: 0x61756d6d, version: 1, what: 'an archived VM' };

/**
 * The whole state of a VM as bytes, with the order in which KVM would find things: an encoded state
 * leaves out the order of links, by which equal states differ in nothing that a guest sees. A VM that
 * is made of an archived state goes on exactly as the archived one does, and is shown alike.
 */
export function archiveVm(vm: Vm): Uint8Array {
  return finished(archivingOf(vm));
}

/** The same piece by piece, for a VM that stands still meanwhile. */
export function* archivingOf(vm: Vm): Pieces<Uint8Array> {
  const writer = createByteWriter();
  writeForm(writer, FORM);
  yield* writeVm(writer, vm, {
    memory: (pages) => writePages(writer, pages),
    entries: ({ spt }) => writeEntries(writer, spt as Float64Array),
    links: (shadow) => writeLinks(writer, shadow),
  });
  return writer.bytes();
}

/**
 * The inverse of {@link archiveVm}.
 *
 * @param config The configuration that the VM was made from.
 * @throws {BadEncoding} If the bytes are no archived state, or none of such a VM.
 */
export function unarchiveVm(config: VmConfig, bytes: Uint8Array): Vm {
  const reader = createByteReader(bytes);
  readForm(reader, FORM);
  const vm = readVm(reader, config, {
    memory: () => readPages(reader),
    entries(page) {
      page.spt = readEntries(reader);
    },
    links: (shadow) => readLinks(reader, shadow),
  });
  reader.end();
  return vm;
}
