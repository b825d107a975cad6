import { countMemories, vtlbOf, type WatchedVm } from '../oracle/index.js';
import { COMMAND_KINDS } from '../schema/index.js';
import {
  createOracle,
  createVirtualTlb,
  createVpidTag,
  type EptTag,
  type Forgotten,
  type GuestContext,
  isUntouched,
  type Moment,
  type Oracle,
  type PastValue,
  type PcidTag,
  type VirtualTlb,
  type VpidTag,
} from '../state/index.js';
import { BadEncoding, type ByteReader, type ByteWriter } from './bytes.js';
import { type Pieces, writeInPieces } from './pieces.js';

/**
 * Writes the oracle as a block of its own, so that a vCPU's block is the same without it.
 *
 * @returns Where each vCPU's part begins, and where the last one ends.
 */
export function* writeOracle(writer: ByteWriter, vm: WatchedVm): Pieces<number[]> {
  const { oracle } = vm;
  writer.number(oracle.clock);
  writer.number(oracle.command.nth);
  yield* writeInPieces(writer, oracle.tables, writer.number);
  yield* writeInPieces(writer, oracle.past, ([gpa, word]) => {
    writer.number(gpa);
    writer.list(word.values, ({ value, from, until }) => {
      writer.word(value);
      writer.number(from);
      writeMoment(writer, until);
    });
    writeForgotten(writer, word);
  });
  writeForgotten(writer, oracle);
  const parts = [writer.position()];
  for (const vcpu of vm.vcpus) {
    writeVirtualTlb(writer, vtlbOf(vm, vcpu));
    parts.push(writer.position());
    yield;
  }
  return parts;
}

/** @param vcpuCount vCPUs of the VM. */
export function readOracle(reader: ByteReader, vcpuCount: number): Oracle {
  const oracle = createOracle(vcpuCount);
  oracle.clock = reader.number();
  oracle.command.nth = reader.number();
  for (const gfn of reader.list(reader.number)) oracle.tables.add(gfn);
  reader.list(() => {
    const gpa = reader.number();
    const values = reader.list(() => readPastValue(reader));
    oracle.past.set(gpa, { values, areDistinct: false, ...readForgotten(reader) });
    oracle.pastCount += values.length;
  });
  Object.assign(oracle, readForgotten(reader));
  for (let index = 0; index < vcpuCount; index += 1) {
    const vtlb = readVirtualTlb(reader);
    if (isUntouched(vtlb)) continue;
    oracle.vcpus[index] = vtlb;
    countMemories(oracle, vtlb);
  }
  return oracle;
}

function readPastValue(reader: ByteReader): PastValue {
  return { value: reader.word(), from: reader.number(), until: readMoment(reader) };
}

function writeForgotten(writer: ByteWriter, { forgotten, globalsForgotten }: Forgotten): void {
  writer.number(forgotten);
  writer.number(globalsForgotten);
}

function readForgotten(reader: ByteReader): Forgotten {
  return { forgotten: reader.number(), globalsForgotten: reader.number() };
}

function writeVirtualTlb(writer: ByteWriter, vtlb: VirtualTlb): void {
  writer.uint(vtlb.context.vpid);
  writer.list(vtlb.vpids, ([vpid, tag]) => {
    writer.uint(vpid);
    writeVpidTag(writer, tag);
  });
  writer.list(vtlb.epts, ([ep4ta, { all, pages, faulted }]) => {
    writer.number(ep4ta);
    writeMoment(writer, all);
    writeMoments(writer, pages, writer.number);
    writeMoments(writer, faulted, writer.text);
  });
  writeMoment(writer, vtlb.eptsDropped);
  writer.number(vtlb.forgotten);
  writer.number(vtlb.violations);
  writer.number(vtlb.undecided);
}

function readVirtualTlb(reader: ByteReader): VirtualTlb {
  const vpid = reader.uint();
  const vpids = new Map(reader.list(() => [reader.uint(), readVpidTag(reader)] as const));
  const context = vpids.get(vpid)?.contexts.find(({ until }) => until === Number.POSITIVE_INFINITY);
  if (context === undefined) throw new BadEncoding(`nobody runs under VPID ${vpid}`);
  return {
    ...createVirtualTlb(context),
    vpids,
    epts: new Map(reader.list(() => [reader.number(), readEptTag(reader)] as const)),
    eptsDropped: readMoment(reader),
    forgotten: reader.number(),
    violations: reader.number(),
    undecided: reader.number(),
  };
}

function writeVpidTag(writer: ByteWriter, tag: VpidTag): void {
  for (const moment of [tag.all, tag.nonGlobal, tag.combined]) writeMoment(writer, moment);
  writer.list(tag.pcids, ([pcid, { all, globals, structures }]) => {
    writer.uint(pcid);
    for (const moment of [all, globals, structures]) writeMoment(writer, moment);
  });
  writeMoments(writer, tag.pcidPages, writer.text);
  writeMoments(writer, tag.faulted, writer.text);
  writeMoments(writer, tag.globalPages, writer.number);
  writeMoments(writer, tag.pages, writer.number);
  writer.list(tag.contexts, (context) => writeContext(writer, context));
  writer.number(tag.forgotten);
}

function readVpidTag(reader: ByteReader): VpidTag {
  return {
    ...createVpidTag(0),
    all: readMoment(reader),
    nonGlobal: readMoment(reader),
    combined: readMoment(reader),
    pcids: new Map(reader.list(() => [reader.uint(), readPcidTag(reader)] as const)),
    pcidPages: readMoments(reader, reader.text),
    faulted: readMoments(reader, reader.text),
    globalPages: readMoments(reader, reader.number),
    pages: readMoments(reader, reader.number),
    contexts: reader.list(() => readContext(reader)),
    forgotten: reader.number(),
  };
}

function readPcidTag(reader: ByteReader): PcidTag {
  return {
    all: readMoment(reader),
    globals: readMoment(reader),
    structures: readMoment(reader),
  };
}

function readEptTag(reader: ByteReader): EptTag {
  return {
    all: readMoment(reader),
    pages: readMoments(reader, reader.number),
    faulted: readMoments(reader, reader.text),
  };
}

function writeContext(writer: ByteWriter, context: GuestContext): void {
  writer.uint(context.vpid);
  writer.uint(context.pcid);
  writer.number(context.ep4ta);
  writer.word(context.cr3);
  writer.list(context.pdptrs, writer.word);
  writer.uint(context.format);
  writer.number(context.until);
}

function readContext(reader: ByteReader): GuestContext {
  return {
    vpid: reader.uint(),
    pcid: reader.uint(),
    ep4ta: reader.number(),
    cr3: reader.word(),
    pdptrs: reader.list(reader.word),
    format: reader.uint(),
    until: reader.number(),
  };
}

function writeMoments<K>(
  writer: ByteWriter,
  moments: ReadonlyMap<K, Moment>,
  writeKey: (key: K) => void,
): void {
  writer.list(moments, ([key, moment]) => {
    writeKey(key);
    writeMoment(writer, moment);
  });
}

function readMoments<K>(reader: ByteReader, readKey: () => K): Map<K, Moment> {
  return new Map(reader.list(() => [readKey(), readMoment(reader)] as const));
}

/** A moment that nothing brought about is the beginning. */
function writeMoment(writer: ByteWriter, { time, nth, by }: Moment): void {
  writer.number(time);
  writer.number(nth);
  writer.byte(by === null ? COMMAND_KINDS.length : COMMAND_KINDS.indexOf(by));
}

function readMoment(reader: ByteReader): Moment {
  return {
    time: reader.number(),
    nth: reader.number(),
    by: COMMAND_KINDS[reader.byte()] ?? null,
  };
}
