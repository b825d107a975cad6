import { gfnToGpa, hex } from '../../../mmu/index.js';
import type { VmConfigInput } from '../../../mmu/schema/index.js';
import type { Word } from '../planned.js';
import {
  _KERNPG_TABLE,
  _PAGE_GLOBAL,
  entryOf,
  PAGE_KERNEL_LARGE,
  PAGE_KERNEL_ROX,
  PAGE_SHARED,
  withNx,
} from './entry.js';
import { ZERO } from './instructions.js';
import { type KernelEntry, Mm } from './linux-mm.js';
import { indexAt } from './page-tables.js';
import { PhysicalMemory, type Place } from './physical-memory.js';

/** First page of the direct map of all memory. @see Linux Documentation/arch/x86/x86_64/mm.rst */
const DIRECT_MAP = 0xffff888000000;

/** The page that holds the entry code, which user and kernel page tables both map. */
export const ENTRY_TEXT = 0xffffffff81000;

/** First page of what a process maps. */
export const USER_PAGES = 0x7f0000000;

const FIRST_FRAME = 0x200;
const FRAMES_PER_LARGE_PAGE = 512;

/** CR0 and EFER of 64-bit Linux; CR4 with PAE, PGE, PCIDE, SMEP and SMAP. */
const REGISTERS = { cr0: '0x80050033', cr4: '0x3200a0', efer: '0xd01' } as const;

/** The size and the mitigations of a Linux guest. */
export interface LinuxOptions {
  /** Number of vCPUs. Default: 1. */
  readonly vcpus?: number;
  /** Kernel page-table isolation. */
  readonly pti: boolean;
  /** Processes at the beginning. */
  readonly processes: number;
  /** Pages that each of them has mapped. */
  readonly pages: number;
  /** Frames of memory, at most. Default: 8192. */
  readonly frames?: number;
}

/**
 * Linux as a guest, as far as its MMU sees it: the kernel's half of the address space, processes,
 * and what each word of its memory is.
 */
export class LinuxGuest {
  readonly memory: PhysicalMemory;
  readonly pti: boolean;
  readonly mms: Mm[] = [];
  /** `init_mm`: the kernel's half alone. */
  readonly initMm: Mm;
  readonly #vcpus: number;
  readonly #kernelEntries: readonly KernelEntry[];
  #mmCount = 0;
  #stamps = 0;

  constructor({ vcpus = 1, pti, processes, pages, frames = 8192 }: LinuxOptions) {
    this.#vcpus = vcpus;
    this.pti = pti;
    const end = FIRST_FRAME + frames;
    this.memory = new PhysicalMemory({ first: FIRST_FRAME, end });
    this.#kernelEntries = [this.#buildDirectMap(end), this.#buildText()];
    this.initMm = this.createMm();
    this.initMm.begin(this.#kernelEntries);
    for (let i = 0; i < processes; i += 1) {
      const mm = this.createMm();
      mm.begin(this.#kernelEntries);
      for (let page = 0; page < pages; page += 1) {
        mm.set(USER_PAGES + page, entryOf(this.newPage().frame, PAGE_SHARED));
      }
      this.mms.push(mm);
    }
  }

  /** The configuration of the VM: each vCPU runs the first process. */
  config(): VmConfigInput {
    const first = this.mms[0] as Mm;
    return {
      vcpus: this.#vcpus,
      paging: 'shadow',
      mmuPages: 8192,
      memory: this.memory.config(),
      registers: { ...REGISTERS, cr3: hex(gfnToGpa(first.pgd) + 1) },
    };
  }

  /** A new address space, with frames for its PGD and nothing in it. */
  createMm(): Mm {
    this.#mmCount += 1;
    return new Mm(this.memory, { id: this.#mmCount, pti: this.pti });
  }

  /** The entries that each PGD begins with. */
  get kernelEntries(): readonly KernelEntry[] {
    return this.#kernelEntries;
  }

  /** Takes a frame for a page of data, whose first word is to tell it from all others. */
  newPage(): { readonly frame: number; readonly stamp: Word } {
    const frame = this.memory.allocate();
    const stamp = this.nextStamp();
    this.memory.store({ frame, index: 0, value: stamp });
    return { frame, stamp };
  }

  /** A value that no word of memory has held yet. */
  nextStamp(): Word {
    this.#stamps += 1;
    return { page: this.#stamps, low: 0xda7 };
  }

  /** The 1 GiB at the beginning of memory, by large pages; not for user page tables. */
  #buildDirectMap(end: number): KernelEntry {
    const pud = this.memory.allocate();
    const pmd = this.memory.allocate();
    const table = entryOf(pmd, _KERNPG_TABLE);
    this.memory.store({ frame: pud, index: indexAt(DIRECT_MAP, 3), value: table });
    for (let index = 0; index * FRAMES_PER_LARGE_PAGE < end; index += 1) {
      // Under PTI the kernel's pages are not global.
      const flags = PAGE_KERNEL_LARGE | (this.pti ? 0 : _PAGE_GLOBAL);
      const value = withNx(entryOf(index * FRAMES_PER_LARGE_PAGE, flags));
      this.memory.store({ frame: pmd, index, value });
    }
    const kernel = entryOf(pud, _KERNPG_TABLE);
    return { index: indexAt(DIRECT_MAP, 4), kernel, user: ZERO };
  }

  /** Builds a page of kernel text, which is global: user page tables have it too. */
  #buildText(): KernelEntry {
    const [pud, pmd, pt] = [this.memory.allocate(), this.memory.allocate(), this.memory.allocate()];
    const value = (frame: number) => entryOf(frame, _KERNPG_TABLE);
    this.memory.store({ frame: pud, index: indexAt(ENTRY_TEXT, 3), value: value(pmd) });
    this.memory.store({ frame: pmd, index: indexAt(ENTRY_TEXT, 2), value: value(pt) });
    const text = entryOf(this.newPage().frame, PAGE_KERNEL_ROX | _PAGE_GLOBAL);
    this.memory.store({ frame: pt, index: indexAt(ENTRY_TEXT, 1), value: text });
    return { index: indexAt(ENTRY_TEXT, 4), kernel: value(pud), user: value(pud) };
  }
}

/** Linear address at which the kernel sees a word of memory. */
export function directMapOf({ frame, index }: Place): Word {
  return { page: DIRECT_MAP + frame, low: index * 8 };
}

/** Linear address of a word of a page. */
export function wordIn(page: number, index = 0): Word {
  return { page, low: index * 8 };
}
