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
  writeCpuid,
  writeLinks,
  writeMemslots,
  writeOracle,
  writeShadow,
  writeVmcs12s,
} from '../encoding/index.js';
import { createMemory, type GuestMemory, sharePages } from '../machine/index.js';
import { isWatched } from '../oracle/index.js';
import type { VmConfig } from '../schema/index.js';
import {
  createLedger,
  type Oracle,
  type ShadowPages,
  type Tlb,
  type TlbTotal,
  type Told,
  type Vm,
} from '../state/index.js';
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

/** The things that every VM of a configuration has. */
export interface Making {
  readonly config: VmConfig;
  readonly conduct: Pick<Vm, 'rules' | 'policy' | 'wrappers'>;
  createTlb(total: TlbTotal): Tlb | null;
}

/**
 * A VM in a state that is kept in parts. A part is made when something asks for it: whatever comes
 * of the VM turns on the parts that were asked for, and on no others.
 */
export class OpenedVm {
  readonly vm: Vm;
  /** The same for whoever only watches: whether he looked at the oracle is noted. */
  readonly seen: Vm;
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
  readonly #source: PartSource;
  readonly #isAsked: Uint8Array;
  readonly #memslots: GuestMemory['memslots'];
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
    const reader = createByteReader(source.bytes(BOARD));
    reader.uint();
    const present = readCpuid(reader, config);
    this.#memslots = readMemslots(reader);
    const vmcs12s = readVmcs12s(reader);
    const tlbTotal = { entries: 0 };
    this.vcpus = Array.from(
      { length: config.vcpus },
      (_, index) =>
        new OpenedVcpu({
          ...{ index, prevRoots: config.prevRoots, vmcs12s },
          createTlb: () => making.createTlb(tlbTotal),
          bytes: (part) => source.bytes(placeOf(index, part)),
          note: (part) => this.#note(placeOf(index, part)),
          pageOf: (id) => this.vm.shadow.table[id] ?? null,
        }),
    );
    this.vm = this.#assemble({ initial: config, config: present, tlbTotal, vmcs12s });
    this.seen = seenVm(this.vm, () => {
      this.wasOracleSeen = true;
    });
    this.#note(BOARD);
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
    if (place === BOARD) this.#writeBoard(writer);
    else if (place === SHADOW) this.#writeShadow(writer);
    else if (isVcpuPlace(place, this.vcpus.length))
      this.#vcpuAt(place).write(writer, partOf(place));
  }

  /** Writes the oracle. @returns Where the part of each vCPU begins, and where the last one ends. */
  writeOracle(writer: ByteWriter): readonly number[] {
    return isWatched(this.vm) ? finished(writeOracle(writer, this.vm)) : [];
  }

  #assemble(parts: Pick<Vm, 'initial' | 'config' | 'tlbTotal' | 'vmcs12s'>): Vm {
    const opened = this;
    const { config } = parts;
    return {
      ...parts,
      ...this.#making.conduct,
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
      const reader = createByteReader(this.#source.bytes(SHADOW));
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
    const oracle = readOracle(createByteReader(this.#source.bytes(oraclePlace(vcpus))), vcpus);
    oracle.told = this.told;
    return oracle;
  }

  #vcpuAt(place: number): OpenedVcpu {
    return this.vcpus[vcpuOf(place)] as OpenedVcpu;
  }

  #writeBoard(writer: ByteWriter): void {
    const { vm } = this;
    writer.uint(this.vcpus.length);
    writeCpuid(writer, vm.config);
    writeMemslots(writer, this.#memory?.memslots ?? this.#memslots);
    writeVmcs12s(writer, vm.vmcs12s);
  }

  #writeShadow(writer: ByteWriter): void {
    const sink = {
      entries(page: { isSptShared: boolean }) {
        page.isSptShared = true;
      },
      links: (shadow: ShadowPages) => writeLinks(writer, shadow),
    };
    finished(writeShadow(writer, this.#shadow as ShadowPages, sink));
  }
}

/** The vCPUs of a VM, of which each is made when it is looked at. */
function listOf(vcpus: readonly OpenedVcpu[]): Vm['vcpus'] {
  const [only, ...others] = vcpus;
  // It is looked at in any case.
  if (only !== undefined && others.length === 0) return [only.vcpu];
  const list: Vm['vcpus'][number][] = [];
  for (const [index, opened] of vcpus.entries()) {
    Object.defineProperty(list, index, { get: () => opened.vcpu, enumerable: true });
  }
  return list;
}
