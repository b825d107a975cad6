import { expect } from 'vitest';
import { step, type Vm } from '../../src/mmu/index.js';
import { hasBit, isPcide, readWord, tablesIn, walk } from '../../src/mmu/machine/index.js';
import { Command, type CommandInput, type Outcome } from '../../src/mmu/schema/index.js';
import type { Vcpu } from '../../src/mmu/state/index.js';
import type { Lab } from './lab.js';

type Access = Extract<Command, { kind: 'read' | 'write' }>;

const PCIDE = 0x20000;
const PGE = 0x80;

/** PCIDs that a watched guest may use. */
export const PCIDS = [0, 1, 2] as const;

/**
 * Remembers what the guest has flushed since it last wrote memory: that it must find as it is in
 * memory now, however it was cached. What was not flushed may be stale, and is not judged; neither
 * is what a PCID may have cached of one root once it is used with another.
 *
 * It knows nothing of cached roots, shadow pages and requests, so it can judge them.
 */
export class FreshnessWatch {
  readonly #lab: Lab;
  /**
   * What was flushed: a PCID, or one page of it. Each with the root that the guest has used it
   * with since; null if it has not.
   */
  readonly #flushed = new Map<string, number | null>();
  /** Accesses that were held against memory. */
  judged = 0;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  run(input: CommandInput): void {
    const command = Command.parse(input);
    const { vm, vcpu } = this.#lab;
    const isAccess = command.kind === 'read' || command.kind === 'write';
    const wanted = isAccess && this.#isFlushed(command) ? freshly(vm, vcpu, command) : null;
    const cr4 = vcpu.regs.cr4;
    const outcome = step(vm, command, null);
    if (wanted !== null) {
      this.judged += 1;
      expect(outcome).toEqual(wanted);
    }
    if (isAccess) this.#used(command);
    if (outcome.kind === 'ok') this.#follow(command, cr4);
  }

  #isFlushed(access: Access): boolean {
    const { page: root } = this.#lab.vcpu.regs.cr3;
    return this.#keysOf(access).some((key) => {
      const used = this.#flushed.get(key);
      return used === null || used === root;
    });
  }

  #used(access: Access): void {
    const { page: root } = this.#lab.vcpu.regs.cr3;
    for (const key of this.#keysOf(access)) {
      const used = this.#flushed.get(key);
      if (used === undefined) continue;
      if (used === null || used === root) this.#flushed.set(key, root);
      else this.#flushed.delete(key);
    }
  }

  #keysOf({ gva }: Access): string[] {
    const pcid = pcidOf(this.#lab.vcpu);
    return [`${pcid}`, `${pcid} ${gva.page}`];
  }

  /** What a command that was carried out has flushed, or may have made stale. */
  #follow(command: Command, cr4: number): void {
    const { regs } = this.#lab.vcpu;
    const pcid = pcidOf(this.#lab.vcpu);
    const flush = (key: string) => this.#flushed.set(key, null);
    const flushAll = () => PCIDS.map((each) => flush(`${each}`));
    if (command.kind === 'write') {
      this.#flushed.clear();
    } else if (command.kind === 'mov-cr3') {
      if (!isPcide(regs) || !hasBit(command.value, 63)) flush(`${pcid}`);
    } else if (command.kind === 'mov-cr4') {
      if (((cr4 ^ regs.cr4) & PGE) !== 0 || (cr4 & ~regs.cr4 & PCIDE) !== 0) flushAll();
    } else if (command.kind === 'invlpg') {
      flush(`${pcid} ${command.gva.page}`);
    } else if (command.kind === 'invpcid') {
      if (command.type.low >= 2) flushAll();
      else if (command.type.low === 1) flush(`${command.pcid.low}`);
      else flush(`${command.pcid.low} ${command.gva.page}`);
    }
  }
}

function pcidOf({ regs }: Vcpu): number {
  return isPcide(regs) ? regs.cr3.low : 0;
}

/** How an access of eight bytes ends by a walk of memory as it is, which changes nothing. */
function freshly(vm: Vm, { regs }: Vcpu, { kind, gva, user, ac }: Access): Outcome {
  const tables = { ...tablesIn(vm.memory), writeEntry: () => true };
  const access = { kind, user, ac };
  const walked = walk(tables, regs, gva, { access, maxphyaddr: vm.config.maxphyaddr });
  if (walked.kind === 'stopped') throw new Error('memory can always be read');
  if (walked.kind === 'page-fault') {
    return { kind: 'fault', vector: '#PF', errorCode: walked.errorCode, address: gva };
  }
  const value = readWord(vm.memory, walked.gfn * 4096 + gva.low);
  return kind === 'read' ? { kind: 'ok', value } : { kind: 'ok' };
}
