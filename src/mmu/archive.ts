import {
  BadEncoding,
  createByteReader,
  createByteWriter,
  finished,
  readEntries,
  readLinks,
  readPages,
  writeEntries,
  writeLinks,
  writePages,
} from './encoding/index.js';
import type { VmConfig } from './schema/index.js';
import type { Vm } from './state/index.js';
import { readVm, writeVm } from './whole-state.js';

/** First bytes of every archived state: "mmua", and the version of the form. */
const MAGIC = 0x61756d6d;
const VERSION = 1;

/**
 * The whole state of a VM as bytes, with the order in which KVM would find things: an encoded state
 * leaves out the order of links, by which equal states differ in nothing that a guest sees. A VM that
 * is made of an archived state goes on exactly as the archived one does, and is shown alike.
 */
export function archiveVm(vm: Vm): Uint8Array {
  const writer = createByteWriter();
  writer.uint(MAGIC);
  writer.uint(VERSION);
  finished(
    writeVm(writer, vm, {
      memory: (pages) => writePages(writer, pages),
      entries: ({ spt }) => writeEntries(writer, spt as Float64Array),
      links: (shadow) => writeLinks(writer, shadow),
    }),
  );
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
  if (reader.uint() !== MAGIC) throw new BadEncoding('these bytes are not an archived VM');
  const version = reader.uint();
  if (version !== VERSION) throw new BadEncoding(`version ${version} is not version ${VERSION}`);
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
