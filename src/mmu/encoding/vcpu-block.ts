import type { Registers } from '../machine/index.js';
import {
  createVcpu,
  fillRoot,
  type Mmu,
  type RootInfo,
  type SavedForSmm,
  type ShadowPage,
  type ShadowPages,
  type SvmL2,
  type Tlb,
  type Vcpu,
  type Vmcs12,
} from '../state/index.js';
import type { ByteReader, ByteWriter } from './bytes.js';
import { readTlb, writeTlb } from './tlb-part.js';

/** A page is named by its id; none by what no id is. */
const NO_PAGE = 2 ** 32 - 1;

/** Writes a vCPU as a block of its own: equal vCPUs of two states have the same bytes. */
export function writeVcpu(writer: ByteWriter, vcpu: Vcpu): void {
  writer.flag(vcpu.mode === 'guest');
  writer.flag(vcpu.hasRun);
  writeRegisters(writer, vcpu.regs);
  writeMmu(writer, vcpu.rootMmu);
  writeMmu(writer, vcpu.guestMmu);
  writer.flag(vcpu.mmu === vcpu.guestMmu);
  writer.uint(vcpu.requests);
  writer.flag(vcpu.steal.preempted);
  writer.flag(vcpu.steal.flushTlb);
  writer.list(vcpu.hvFlushes, writer.word);
  const { nested } = vcpu;
  writer.number(nested.vmxon);
  writer.number(nested.currentVmcs?.gpa ?? -1);
  writer.flag(nested.guestMode);
  writer.uint(nested.lastVpid);
  writer.flag(nested.hasRunL2);
  writer.flag(nested.svm !== null);
  if (nested.svm !== null) {
    writeRegisters(writer, nested.svm.l1);
    writer.flag(nested.svm.paging !== null);
    if (nested.svm.paging !== null) {
      writer.word(nested.svm.paging.nestedCr3);
      writer.flag(nested.svm.paging.gmet);
    }
  }
  writeSmm(writer, vcpu.smm);
  writer.flag(vcpu.initPending);
  for (const count of Object.values(vcpu.counters)) writer.number(count);
  if (vcpu.tlb !== null) writeTlb(writer, vcpu.tlb, vcpu.index);
}

/** The parts of a VM that a vCPU's block refers to, and those that the vCPU is created with. */
export interface VcpuPlace {
  readonly index: number;
  readonly prevRoots: number;
  readonly tlb: Tlb | null;
  readonly shadow: ShadowPages;
  readonly vmcs12s: ReadonlyMap<number, Vmcs12>;
}

export function readVcpu(reader: ByteReader, place: VcpuPlace): Vcpu {
  const { index, prevRoots, tlb, shadow, vmcs12s } = place;
  const isGuest = reader.flag();
  const hasRun = reader.flag();
  const vcpu = createVcpu(index, readRegisters(reader), { prevRoots, tlb });
  vcpu.mode = isGuest ? 'guest' : 'host';
  vcpu.hasRun = hasRun;
  readMmu(reader, vcpu.rootMmu, shadow);
  readMmu(reader, vcpu.guestMmu, shadow);
  vcpu.mmu = reader.flag() ? vcpu.guestMmu : vcpu.rootMmu;
  vcpu.requests = reader.uint();
  vcpu.steal.preempted = reader.flag();
  vcpu.steal.flushTlb = reader.flag();
  vcpu.hvFlushes.push(...reader.list(reader.word));
  const { nested, counters } = vcpu;
  nested.vmxon = reader.number();
  nested.currentVmcs = vmcs12s.get(reader.number()) ?? null;
  nested.guestMode = reader.flag();
  nested.lastVpid = reader.uint();
  nested.hasRunL2 = reader.flag();
  nested.svm = reader.flag() ? readSvmL2(reader) : null;
  vcpu.smm = readSmm(reader);
  vcpu.initPending = reader.flag();
  for (const name of Object.keys(counters) as (keyof typeof counters)[]) {
    counters[name] = reader.number();
  }
  if (tlb !== null) readTlb(reader, tlb, index);
  return vcpu;
}

function readSvmL2(reader: ByteReader): SvmL2 {
  const l1 = readRegisters(reader);
  if (!reader.flag()) return { l1, paging: null };
  return { l1, paging: { nestedCr3: reader.word(), gmet: reader.flag() } };
}

function writeRegisters(writer: ByteWriter, regs: Registers): void {
  writer.uint(regs.cr0);
  writer.word(regs.cr3);
  writer.uint(regs.cr4);
  writer.uint(regs.efer);
  writer.byte(regs.cpl);
  writer.flag(regs.csL);
  writer.flag(regs.vm86);
  writer.list(regs.pdptrs, writer.word);
  writer.uint(regs.pkru);
  writer.uint(regs.pkrs);
}

function readRegisters(reader: ByteReader): Registers {
  return {
    cr0: reader.uint(),
    cr3: reader.word(),
    cr4: reader.uint(),
    efer: reader.uint(),
    cpl: reader.byte(),
    csL: reader.flag(),
    vm86: reader.flag(),
    pdptrs: reader.list(reader.word),
    pkru: reader.uint(),
    pkrs: reader.uint(),
  };
}

function writeSmm(writer: ByteWriter, saved: SavedForSmm | null): void {
  writer.flag(saved !== null);
  if (saved === null) return;
  writer.uint(saved.cr0);
  writer.word(saved.cr3);
  writer.uint(saved.cr4);
  writer.uint(saved.efer);
  writer.byte(saved.cpl);
  writer.flag(saved.csL);
  writer.flag(saved.vm86);
  writer.number(saved.vmxon);
  writer.flag(saved.guestMode);
}

function readSmm(reader: ByteReader): SavedForSmm | null {
  if (!reader.flag()) return null;
  return {
    cr0: reader.uint(),
    cr3: reader.word(),
    cr4: reader.uint(),
    efer: reader.uint(),
    cpl: reader.byte(),
    csL: reader.flag(),
    vm86: reader.flag(),
    vmxon: reader.number(),
    guestMode: reader.flag(),
  };
}

function writeMmu(writer: ByteWriter, mmu: Mmu): void {
  writer.uint(mmu.role);
  writer.byte(mmu.guestLevels);
  writer.number(mmu.specialHpa);
  writer.list(mmu.slotMarks, (mark) => writer.flag(mark === true));
  writer.list(mmu.paeRoots, (page) => writer.uint(page?.id ?? NO_PAGE));
  for (const root of mmu.slots) writeRoot(writer, root);
}

function readMmu(reader: ByteReader, mmu: Mmu, shadow: ShadowPages): void {
  const pageOf = (id: number) => shadow.table[id] ?? null;
  mmu.role = reader.uint();
  mmu.guestLevels = reader.byte();
  mmu.specialHpa = reader.number();
  mmu.slotMarks.push(...reader.list(reader.flag));
  mmu.paeRoots.push(...reader.list(() => pageOf(reader.uint())));
  for (const root of mmu.slots) readRoot(reader, root, pageOf);
}

function writeRoot(writer: ByteWriter, root: RootInfo): void {
  writer.word(root.pgd);
  writer.number(root.hpa);
  writer.uint(root.page?.id ?? NO_PAGE);
  writer.flag(root.syncDue);
  writer.flag(root.flushDue);
  writer.byte(root.ranUnder);
}

function readRoot(
  reader: ByteReader,
  root: RootInfo,
  pageOf: (id: number) => ShadowPage | null,
): void {
  const pgd = reader.word();
  const hpa = reader.number();
  fillRoot(root, pgd, hpa, pageOf(reader.uint()));
  root.syncDue = reader.flag();
  root.flushDue = reader.flag();
  root.ranUnder = reader.byte();
}
