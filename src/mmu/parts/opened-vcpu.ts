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
import {
  createVcpuCore,
  type Mmu,
  type ShadowPage,
  type Tlb,
  type Vcpu,
  type Vmcs12,
} from '../state/index.js';
import { openMmu, pageIdOf, type Unasked } from './open-mmu.js';
import { CORE, GUEST_MMU, ROOT_MMU, TLB } from './places.js';

/** The rest of a VM, as far as one of its vCPUs refers to it. */
export interface Surroundings {
  readonly index: number;
  readonly prevRoots: number;
  readonly vmcs12s: ReadonlyMap<number, Vmcs12>;
  createTlb(): Tlb | null;
  bytes(part: number): Uint8Array;
  /** A part of the vCPU is asked for. */
  note(part: number): void;
  pageOf(id: number): ShadowPage | null;
}

/** A vCPU whose parts are made when something asks for them. */
export class OpenedVcpu {
  readonly #around: Surroundings;
  readonly #unasked: Unasked = new Map();
  #core: Vcpu | null = null;
  #usesGuestMmu = false;
  #rootMmu: Mmu | null = null;
  #guestMmu: Mmu | null = null;
  /** Undefined until it is made. */
  #tlb: Tlb | null | undefined;
  /** The roots of the MMUs as they were made. */
  readonly #firstRoots = new Map<Mmu, string>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get vcpu(): Vcpu {
    this.#around.note(CORE);
    this.#core ??= this.#makeCore();
    return this.#core;
  }

  /** The core, if it is made. */
  get core(): Vcpu | null {
    return this.#core;
  }

  /** The MMUs that are made. */
  get mmus(): Mmu[] {
    return [this.#rootMmu, this.#guestMmu].filter((mmu) => mmu !== null);
  }

  /** The TLB, if it is made. */
  get tlb(): Tlb | null {
    return this.#tlb ?? null;
  }

  /** Whether the roots of an MMU are other ones than at first, or stand in another order. */
  get hasOtherRoots(): boolean {
    return this.mmus.some((mmu) => this.#firstRoots.get(mmu) !== this.#rootsOf(mmu));
  }

  isOpen(part: number): boolean {
    if (part === CORE) return this.#core !== null;
    if (part === TLB) return this.#tlb !== undefined;
    return (part === ROOT_MMU ? this.#rootMmu : this.#guestMmu) !== null;
  }

  /** Writes a part that is made, as `writeVcpu()` does. */
  write(writer: ByteWriter, part: number): void {
    if (part === CORE) {
      const core = this.#core as Vcpu;
      writeVcpuFront(writer, core);
      writeVcpuBack(writer, core, this.#usesGuestMmu);
    } else if (part === TLB) {
      if (this.#tlb != null) writeTlb(writer, this.#tlb, this.#around.index);
    } else {
      const mmu = (part === ROOT_MMU ? this.#rootMmu : this.#guestMmu) as Mmu;
      writeMmu(writer, mmu, (root) => pageIdOf(root, this.#unasked));
    }
  }

  #makeCore(): Vcpu {
    const { index, vmcs12s, bytes } = this.#around;
    const reader = createByteReader(bytes(CORE));
    const { mode, hasRun, regs } = readVcpuFront(reader);
    const core = { ...createVcpuCore(index, regs), mode, hasRun };
    this.#usesGuestMmu = readVcpuBack(reader, core, vmcs12s);
    return this.#withParts(core);
  }

  #withParts(core: ReturnType<typeof createVcpuCore>): Vcpu {
    const parts = this;
    return {
      ...core,
      get rootMmu() {
        return parts.#openRootMmu();
      },
      get guestMmu() {
        return parts.#openGuestMmu();
      },
      get mmu() {
        return parts.#usesGuestMmu ? parts.#openGuestMmu() : parts.#openRootMmu();
      },
      set mmu({ name }) {
        parts.#usesGuestMmu = name === 'guest';
      },
      get tlb() {
        return parts.#openTlb();
      },
    };
  }

  #openRootMmu(): Mmu {
    this.#around.note(ROOT_MMU);
    this.#rootMmu ??= this.#makeMmu('root', ROOT_MMU);
    return this.#rootMmu;
  }

  #openGuestMmu(): Mmu {
    this.#around.note(GUEST_MMU);
    this.#guestMmu ??= this.#makeMmu('guest', GUEST_MMU);
    return this.#guestMmu;
  }

  #makeMmu(name: Mmu['name'], part: number): Mmu {
    const { bytes, prevRoots, pageOf } = this.#around;
    const place = { name, prevRoots, unasked: this.#unasked, pageOf };
    const mmu = openMmu(createByteReader(bytes(part)), place);
    this.#firstRoots.set(mmu, this.#rootsOf(mmu));
    return mmu;
  }

  #openTlb(): Tlb | null {
    this.#around.note(TLB);
    if (this.#tlb === undefined) {
      const { index, bytes, createTlb } = this.#around;
      const tlb = createTlb();
      if (tlb !== null) readTlb(createByteReader(bytes(TLB)), tlb, index);
      this.#tlb = tlb;
    }
    return this.#tlb;
  }

  #rootsOf({ slots, specialHpa }: Mmu): string {
    return `${specialHpa} ${slots.map((root) => pageIdOf(root, this.#unasked))}`;
  }
}
