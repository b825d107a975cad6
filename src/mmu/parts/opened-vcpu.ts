import {
  type ByteWriter,
  createByteReader,
  readTlb,
  readVcpuBack,
  readVcpuFront,
  writeMmu,
  writeTlb,
  writeVcpuBack,
  writeVcpuFront,
} from '../encoding/index.js';
import type { Registers } from '../machine/index.js';
import {
  createVcpuCore,
  type Mmu,
  type ShadowPage,
  type Tlb,
  type Vcpu,
  type Vmcs12,
} from '../state/index.js';
import { createAskingMmu, fillMmu, type MmuPlace, pageIdOf, type Unasked } from './open-mmu.js';
import { CORE, GUEST_MMU, ROOT_MMU, TLB } from './places.js';

/** The rest of a VM, as far as one of its vCPUs refers to it. */
export interface Surroundings {
  readonly index: number;
  readonly prevRoots: number;
  readonly tlb: Tlb | null;
  /** Registers of a vCPU that nobody has opened yet. */
  readonly regs: Registers;
  vmcs12s(): ReadonlyMap<number, Vmcs12>;
  bytes(part: number): Uint8Array;
  /** A part of the vCPU is asked for. */
  note(part: number): void;
  pageOf(id: number): ShadowPage | null;
}

const PARTS = [CORE, ROOT_MMU, GUEST_MMU, TLB];

/** A vCPU whose parts are made when something asks for them, of one state after the other. */
export class OpenedVcpu {
  readonly #around: Surroundings;
  readonly #reader = createByteReader();
  readonly #unasked: Unasked = new Map();
  readonly #isOpen = PARTS.map(() => false);
  readonly #core: Vcpu;
  #usesGuestMmu = false;
  readonly #rootMmu: Mmu;
  readonly #guestMmu: Mmu;
  readonly #places: ReadonlyMap<Mmu, MmuPlace>;
  /** The roots of the MMUs as they were made. */
  readonly #firstRoots = new Map<Mmu, string>();

  constructor(around: Surroundings) {
    this.#around = around;
    const { prevRoots, pageOf } = around;
    const placeOf = (name: Mmu['name']) => ({ name, prevRoots, unasked: this.#unasked, pageOf });
    const [root, guest] = [placeOf('root'), placeOf('guest')];
    this.#rootMmu = createAskingMmu(root);
    this.#guestMmu = createAskingMmu(guest);
    this.#places = new Map([
      [this.#rootMmu, root],
      [this.#guestMmu, guest],
    ]);
    this.#core = this.#withParts(createVcpuCore(around.index, around.regs));
  }

  /** Another state: no part of it is made. */
  reopen(): void {
    this.#isOpen.fill(false);
    this.#unasked.clear();
    this.#firstRoots.clear();
  }

  /** The vCPU whether it is made or not: it is one object for all states. */
  get vessel(): Vcpu {
    return this.#core;
  }

  get vcpu(): Vcpu {
    this.#around.note(CORE);
    if (!this.isOpen(CORE)) this.#fillCore();
    return this.#core;
  }

  /** The core, if it is made. */
  get core(): Vcpu | null {
    return this.isOpen(CORE) ? this.#core : null;
  }

  /** The MMUs that are made. */
  get mmus(): Mmu[] {
    const mmus = this.isOpen(ROOT_MMU) ? [this.#rootMmu] : [];
    return this.isOpen(GUEST_MMU) ? [...mmus, this.#guestMmu] : mmus;
  }

  /** The TLB, if it is made. */
  get tlb(): Tlb | null {
    return this.isOpen(TLB) ? this.#around.tlb : null;
  }

  /** Whether the roots of an MMU are other ones than at first, or stand in another order. */
  get hasOtherRoots(): boolean {
    return this.mmus.some((mmu) => this.#firstRoots.get(mmu) !== this.#rootsOf(mmu));
  }

  isOpen(part: number): boolean {
    return this.#isOpen[part] === true;
  }

  /** Writes a part that is made, as `writeVcpu()` does. */
  write(writer: ByteWriter, part: number): void {
    if (part === CORE) {
      writeVcpuFront(writer, this.#core);
      writeVcpuBack(writer, this.#core, this.#usesGuestMmu);
    } else if (part === TLB) {
      const { tlb, index } = this.#around;
      if (tlb !== null) writeTlb(writer, tlb, index);
    } else {
      const mmu = part === ROOT_MMU ? this.#rootMmu : this.#guestMmu;
      writeMmu(writer, mmu, (root) => pageIdOf(root, this.#unasked));
    }
  }

  #fillCore(): void {
    this.#isOpen[CORE] = true;
    const { bytes, index, vmcs12s } = this.#around;
    this.#reader.begin(bytes(CORE));
    const { mode, hasRun, regs } = readVcpuFront(this.#reader);
    const core = { ...createVcpuCore(index, regs), mode, hasRun };
    this.#usesGuestMmu = readVcpuBack(this.#reader, core, vmcs12s());
    Object.assign(this.#core, core);
  }

  #withParts(core: ReturnType<typeof createVcpuCore>): Vcpu {
    const parts = this;
    return {
      ...core,
      get rootMmu() {
        return parts.#openMmu(ROOT_MMU, parts.#rootMmu);
      },
      get guestMmu() {
        return parts.#openMmu(GUEST_MMU, parts.#guestMmu);
      },
      get mmu() {
        return parts.#usesGuestMmu ? this.guestMmu : this.rootMmu;
      },
      set mmu({ name }) {
        parts.#usesGuestMmu = name === 'guest';
      },
      get tlb() {
        return parts.#openTlb();
      },
    };
  }

  #openMmu(part: number, mmu: Mmu): Mmu {
    this.#around.note(part);
    if (this.isOpen(part)) return mmu;
    this.#isOpen[part] = true;
    this.#reader.begin(this.#around.bytes(part));
    fillMmu(mmu, this.#reader, this.#places.get(mmu) as MmuPlace);
    this.#firstRoots.set(mmu, this.#rootsOf(mmu));
    return mmu;
  }

  #openTlb(): Tlb | null {
    const { tlb, bytes, index, note } = this.#around;
    note(TLB);
    if (tlb === null || this.isOpen(TLB)) return tlb;
    this.#isOpen[TLB] = true;
    tlb.contexts.length = 0;
    tlb.size = 0;
    this.#reader.begin(bytes(TLB));
    readTlb(this.#reader, tlb, index);
    return tlb;
  }

  #rootsOf({ slots, specialHpa }: Mmu): string {
    return `${specialHpa} ${slots.map((root) => pageIdOf(root, this.#unasked))}`;
  }
}
