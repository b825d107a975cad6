import type { Registers } from '../machine/index.js';
import {
  createVcpu,
  type SavedForSmm,
  type ShadowPages,
  type SvmL2,
  type Tlb,
  type Vcpu,
  type Vmcs12,
} from '../state/index.js';
import type { ByteReader, ByteWriter } from './bytes.js';
import { readMmu, writeMmu } from './mmu-part.js';
import { readTlb, writeTlb } from './tlb-part.js';

/**
 * Writes a vCPU as a block of its own: equal vCPUs of two states have the same bytes.
 *
 * @param cut Is called where one part ends and the next begins: what precedes the MMUs, each of the
 *   two, what follows them, the TLB.
 */
export function writeVcpu(writer: ByteWriter, vcpu: Vcpu, cut: () => void = () => {}): void {
  writeVcpuFront(writer, vcpu);
  cut();
  writeMmu(writer, vcpu.rootMmu);
  cut();
  writeMmu(writer, vcpu.guestMmu);
  cut();
  writeVcpuBack(writer, vcpu, vcpu.mmu === vcpu.guestMmu);
  cut();
  if (vcpu.tlb !== null) writeTlb(writer, vcpu.tlb, vcpu.index);
}

/** The first part of a block: the side that runs, and the registers. */
export function writeVcpuFront(writer: ByteWriter, { mode, hasRun, regs }: VcpuFront): void {
  writer.flag(mode === 'guest');
  writer.flag(hasRun);
  writeRegisters(writer, regs);
}

/** The part between the MMUs and the TLB. @param usesGuestMmu Whether `mmu` is `guestMmu`. */
export function writeVcpuBack(writer: ByteWriter, vcpu: VcpuBack, usesGuestMmu: boolean): void {
  writer.flag(usesGuestMmu);
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
}

/** The state in the first part of a block. */
export type VcpuFront = Pick<Vcpu, 'mode' | 'hasRun' | 'regs'>;

/** The state in the part between the MMUs and the TLB. */
export type VcpuBack = Pick<
  Vcpu,
  'requests' | 'steal' | 'hvFlushes' | 'nested' | 'smm' | 'initPending' | 'counters'
>;

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
  const { mode, hasRun, regs } = readVcpuFront(reader);
  const vcpu = createVcpu(index, regs, { prevRoots, tlb });
  vcpu.mode = mode;
  vcpu.hasRun = hasRun;
  const pageOf = (id: number) => shadow.table[id] ?? null;
  readMmu(reader, vcpu.rootMmu, pageOf);
  readMmu(reader, vcpu.guestMmu, pageOf);
  vcpu.mmu = readVcpuBack(reader, vcpu, vmcs12s) ? vcpu.guestMmu : vcpu.rootMmu;
  if (tlb !== null) readTlb(reader, tlb, index);
  return vcpu;
}

/** The inverse of {@link writeVcpuFront}. */
export function readVcpuFront(reader: ByteReader): VcpuFront {
  const mode = reader.flag() ? 'guest' : 'host';
  return { mode, hasRun: reader.flag(), regs: readRegisters(reader) };
}

/**
 * The inverse of {@link writeVcpuBack}, into a new vCPU.
 *
 * @returns Whether `mmu` is `guestMmu`.
 */
export function readVcpuBack(
  reader: ByteReader,
  vcpu: VcpuBack,
  vmcs12s: VcpuPlace['vmcs12s'],
): boolean {
  const usesGuestMmu = reader.flag();
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
  return usesGuestMmu;
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
