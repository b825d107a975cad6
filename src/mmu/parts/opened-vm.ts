import {
  type ByteWriter,
  createByteReader,
  finished,
  readCpuid,
  readLinks,
  readMemslots,
  readOracle,
  readShadow,
  readVmcs12s,
  writeOracle,
} from '../encoding/index.js';
import { createMemory, type GuestMemory, sharePages } from '../machine/index.js';
import { isWatched } from '../oracle/index.js';
import {
  createLedger,
  type Oracle,
  type ShadowPages,
  type TlbTotal,
  type Told,
  type Vm,
} from '../state/index.js';
import { listOf } from './list-of-vcpus.js';
import type { Making } from './making.js';
import { OpenedVcpu } from './opened-vcpu.js';
import {
  BOARD,
  isVcpuPlace,
  MEMORY,
  oraclePlace,
  partOf,
  placeOf,
  SHADOW,
  vcpuOf,
} from './places.js';
import { seenVm } from './seen-vm.js';
import type { PartSource } from './source.js';
import { writeBoardPart, writeShadowPart } from './write-parts.js';

/**
 * A VM in a state that is kept in parts. A part is made when something asks for it: whatever comes
 * of the VM turns on the parts that were asked for, and on no others.
 *
 * It stands in one state after the other, because it costs more to make a VM than to carry out most
 * commands: {@link reopen}.
 */
export class OpenedVm {
  readonly vm: Vm;
  #seen: Vm | null = null;
  wasOracleSeen = false;
  /** Places of the parts that were asked for while {@link isNoting}, in that order. */
  readonly asked: number[] = [];
  isNoting = true;
  /** Whether the oracle was asked for while {@link isNoting}, by whomever. */
  wasOracleAsked = false;
  /** Hears what the oracle is told; null if nobody does. */
  told: Told | null = null;
  readonly vcpus: readonly OpenedVcpu[];
  readonly #making: Making;
  readonly #reader = createByteReader();
  readonly #isAsked: Uint8Array;
  #source: PartSource;
  #memslots: GuestMemory['memslots'] = [];
  #memory: GuestMemory | null = null;
  #shadow: ShadowPages | null = null;
  /** Undefined until it is made. */
  #oracle: Oracle | null | undefined;
  #firstPages = 0;

  constructor(making: Making, source: PartSource) {
    const { config } = making;
    this.#making = making;
    this.#source = source;
    this.#isAsked = new Uint8Array(oraclePlace(config.vcpus) + 1);
    const tlbTotal = { entries: 0 };
    this.vcpus = Array.from(
      { length: config.vcpus },
      (_, index) =>
        new OpenedVcpu({
          ...{ index, prevRoots: config.prevRoots, regs: making.regs },
          tlb: making.createTlb(tlbTotal),
          vmcs12s: () => this.vm.vmcs12s,
          bytes: (part) => this.#source.bytes(placeOf(index, part)),
          note: (part) => this.#note(placeOf(index, part)),
          pageOf: (id) => this.vm.shadow.table[id] ?? null,
        }),
    );
    this.vm = this.#assemble(tlbTotal);
    this.reopen(source);
  }

  /** The VM stands in another state from now on, and whatever it was before is gone. */
  reopen(source: PartSource): void {
    this.#source = source;
    this.#isAsked.fill(0);
    this.asked.length = 0;
    this.isNoting = true;
    this.wasOracleSeen = false;
    this.wasOracleAsked = false;
    this.told = null;
    this.#memory = null;
    this.#shadow = null;
    this.#oracle = undefined;
    this.#firstPages = 0;
    this.vm.tlbTotal.entries = 0;
    for (const vcpu of this.vcpus) vcpu.reopen();
    this.#openBoard();
    // A single vCPU is looked at in any case.
    const [only, ...others] = this.vcpus;
    if (others.length === 0) void only?.vcpu;
  }

  /** The same VM for whoever only watches: whether he looked at the oracle is noted. */
  get seen(): Vm {
    this.#seen ??= seenVm(this.vm, () => {
      this.wasOracleSeen = true;
    });
    return this.#seen;
  }

  /** The shadow pages, if they are made. */
  get shadow(): ShadowPages | null {
    return this.#shadow;
  }

  /** Number of shadow pages as they were made. */
  get firstPages(): number {
    return this.#firstPages;
  }

  /** Whether a part was made, so that it may have changed. */
  isOpen(place: number): boolean {
    if (place === BOARD) return true;
    if (place === MEMORY) return this.#memory !== null;
    if (place === SHADOW) return this.#shadow !== null;
    if (isVcpuPlace(place, this.vcpus.length)) {
      return this.#vcpuAt(place).isOpen(partOf(place));
    }
    return this.#oracle != null;
  }

  /** Makes every part but the oracle, and looks up the pages that roots hold. */
  openAll(): void {
    const { vm } = this;
    void [vm.memory, vm.shadow];
    for (const { rootMmu, guestMmu, tlb } of vm.vcpus) {
      for (const { page } of [...rootMmu.slots, ...guestMmu.slots]) void [page, tlb];
    }
  }

  /** Writes a part that is made; of the shadow pages all but their entries, and nothing of memory. */
  write(writer: ByteWriter, place: number): void {
    if (place === BOARD) writeBoardPart(writer, this.vm, this.#memory?.memslots ?? this.#memslots);
    else if (place === SHADOW) writeShadowPart(writer, this.#shadow as ShadowPages);
    else if (isVcpuPlace(place, this.vcpus.length))
      this.#vcpuAt(place).write(writer, partOf(place));
  }

  /** Writes the oracle. @returns Where the part of each vCPU begins, and where the last one ends. */
  writeOracle(writer: ByteWriter): readonly number[] {
    return isWatched(this.vm) ? finished(writeOracle(writer, this.vm)) : [];
  }

  #assemble(tlbTotal: TlbTotal): Vm {
    const opened = this;
    const { config, conduct } = this.#making;
    return {
      ...{ initial: config, config, tlbTotal, vmcs12s: new Map() },
      ...conduct,
      vcpus: listOf(this.vcpus),
      ledger: config.oracle === 'on' ? createLedger(config.vcpus) : null,
      get memory() {
        return opened.#openMemory();
      },
      get shadow() {
        return opened.#openShadow();
      },
      get oracle() {
        return opened.#openOracle();
      },
    };
  }

  #openBoard(): void {
    this.#note(BOARD);
    const { vm } = this;
    const reader = this.#reader;
    reader.begin(this.#source.bytes(BOARD));
    reader.uint();
    vm.config = readCpuid(reader, this.#making.config);
    this.#memslots = readMemslots(reader);
    vm.vmcs12s.clear();
    for (const [gpa, region] of readVmcs12s(reader)) vm.vmcs12s.set(gpa, region);
  }

  #note(place: number): void {
    if (!this.isNoting || this.#isAsked[place] === 1) return;
    this.#isAsked[place] = 1;
    this.asked.push(place);
  }

  #openMemory(): GuestMemory {
    this.#note(MEMORY);
    this.#memory ??= createMemory(this.#memslots, sharePages(this.#source.memory()));
    return this.#memory;
  }

  #openShadow(): ShadowPages {
    this.#note(SHADOW);
    if (this.#shadow === null) {
      const spts = this.#source.spts();
      const reader = this.#reader;
      reader.begin(this.#source.bytes(SHADOW));
      this.#shadow = readShadow(reader, {
        entries(page) {
          page.spt = spts[page.id] ?? null;
          page.isSptShared = true;
        },
        links: (shadow) => readLinks(reader, shadow),
      });
      this.#firstPages = this.#shadow.table.length;
    }
    return this.#shadow;
  }

  #openOracle(): Oracle | null {
    if (this.isNoting) this.wasOracleAsked = true;
    if (this.#oracle === undefined) {
      const { config } = this.#making;
      this.#oracle = config.oracle === 'on' ? this.#readOracle(config.vcpus) : null;
    }
    return this.#oracle;
  }

  #readOracle(vcpus: number): Oracle {
    this.#reader.begin(this.#source.bytes(oraclePlace(vcpus)));
    const oracle = readOracle(this.#reader, vcpus);
    oracle.told = this.told;
    return oracle;
  }

  #vcpuAt(place: number): OpenedVcpu {
    return this.vcpus[vcpuOf(place)] as OpenedVcpu;
  }
}
