import { type Word, wordToHex } from '../../mmu/index.js';
import { Command, type CommandInput, type VmConfig } from '../../mmu/schema/index.js';

/** Commands of an alphabet that nobody wrote: a search tries each of them in every state. */
export const SHOWN_ALPHABET_MAX = 32;

/** Commands at the beginning of a history that are taken for setting the stage. */
const SHOWN_STAGE_MAX = 1000;

/** Commands that are offered beside those that ran, for each vCPU. */
const OFFERED_MAX = 16;

/** A machine that nobody wrote down: it is the one that a history shows. */
export interface ShownMachine {
  /** The commands before the history, and those at its beginning that put a guest into memory. */
  readonly stage: readonly Command[];
  readonly alphabet: readonly Command[];
  /** Commands that ran and have no place in the alphabet. */
  readonly leftOut: number;
}

/**
 * Makes a machine of a history and its configuration: of what ran on it, and what could have besides.
 */
export class MachineMaker {
  readonly #config: VmConfig;
  readonly #stage: Command[] = [];
  readonly #ran = new Map<string, Command>();
  #isOnStage = true;
  #leftOut = 0;

  constructor(config: VmConfig) {
    this.#config = config;
  }

  /** Takes a command that ran before the history began. All of them set the stage. */
  takeOrigin(command: Command): void {
    this.#stage.push(command);
  }

  /** Takes the next command of the history. */
  take(command: Command): void {
    this.#isOnStage &&= SETS_STAGE.includes(command.kind) && this.#stage.length < SHOWN_STAGE_MAX;
    if (this.#isOnStage) {
      this.#stage.push(command);
      return;
    }
    const key = JSON.stringify(command);
    if (this.#ran.has(key)) return;
    if (this.#ran.size >= SHOWN_ALPHABET_MAX) this.#leftOut += 1;
    else this.#ran.set(key, command);
  }

  /**
   * The machine so far. Its alphabet has the commands that ran behind the stage, each once, and while
   * there is room the switches to their address spaces and the invalidations of their PCIDs and
   * addresses, in the order of their texts.
   */
  made(): ShownMachine {
    const all = new Map(this.#ran);
    for (const command of this.#offers()) {
      if (all.size >= SHOWN_ALPHABET_MAX) break;
      const key = JSON.stringify(command);
      if (!all.has(key)) all.set(key, command);
    }
    const sorted = [...all].sort(([a], [b]) => (a < b ? -1 : 1));
    const alphabet = sorted.map(([, command]) => command);
    return { stage: [...this.#stage], alphabet, leftOut: this.#leftOut };
  }

  *#offers(): Generator<Command> {
    const vcpus = new Set([...this.#ran.values()].map(({ vcpu }) => vcpu));
    for (const vcpu of vcpus.size === 0 ? [0] : vcpus) {
      const offers = this.#offersTo(vcpu).slice(0, OFFERED_MAX);
      for (const offer of offers) yield Command.parse(offer);
    }
  }

  #offersTo(vcpu: number): CommandInput[] {
    const { registers, cpuid } = this.#config;
    const cr3s: Word[] = [registers.cr3];
    const gvas: Word[] = [];
    let hasPcids = isPcideSet(registers.cr4);
    for (const command of this.#ran.values()) {
      if (command.kind === 'mov-cr4') hasPcids ||= isPcideSet(command.value);
      if (command.kind === 'mov-cr3') cr3s.push(command.value);
      if (USES.includes(command.kind) && 'gva' in command) gvas.push(command.gva);
    }
    const pcids = [...new Set(cr3s.map(({ low }) => low))];
    return [
      { kind: 'enter', vcpu },
      ...cr3s.flatMap((cr3) => switchesTo(cr3, hasPcids).map((value) => movCr3(vcpu, value))),
      ...(hasPcids && cpuid.invpcid ? [invpcid(vcpu, 2, 0)] : []),
      ...(hasPcids && cpuid.invpcid ? pcids.map((pcid) => invpcid(vcpu, 1, pcid)) : []),
      ...gvas.map<CommandInput>((gva) => ({ kind: 'invlpg', vcpu, gva: wordToHex(gva) })),
    ];
  }
}

/** Commands by which a harness puts a guest into memory, before it runs. */
const SETS_STAGE: readonly Command['kind'][] = [
  ...(['map', 'unmap', 'host-write', 'set-memslot', 'set-cpuid', 'set-sregs'] as const),
];

/** Commands that use an address, so that a guest may want to invalidate it. */
const USES: readonly Command['kind'][] = ['read', 'write', 'execute', 'invlpg'];

/** CR4.PCIDE, in `page` of a word. */
const X86_CR4_PCIDE = 0x20;

function isPcideSet(cr4: Word): boolean {
  return Math.floor(cr4.page / X86_CR4_PCIDE) % 2 === 1;
}

/** Bit 63 of CR3, in `page` of a word: do not flush. */
const NO_FLUSH = 2 ** 51;

/** MOV to CR3 of one address space, with a flush and, where there are PCIDs, without one. */
function switchesTo({ page, low }: Word, hasPcids: boolean): string[] {
  const flushing = page % NO_FLUSH;
  const pages = hasPcids ? [flushing, flushing + NO_FLUSH] : [flushing];
  return pages.map((page) => wordToHex({ page, low }));
}

function movCr3(vcpu: number, value: string): CommandInput {
  return { kind: 'mov-cr3', vcpu, value };
}

function invpcid(vcpu: number, type: number, pcid: number): CommandInput {
  return { kind: 'invpcid', vcpu, type, pcid, gva: '0x0' };
}
