import { PACKED_VERSION } from '../../journal/index.js';
import type { Journal, Placed } from '../../journal/log/index.js';
import { archiveVm, RULES_VERSION } from '../../mmu/index.js';
import { cradleAlone } from './alone.js';
import { type ReadCheckpoint, readCheckpoint } from './checkpoint.js';
import { namedStates } from './named-states.js';
import { firstRun, type InPlace } from './read-log.js';
import { SNAPSHOTS, TRACED } from './rooms.js';
import { beginAgain } from './wake.js';

/** The findings on the log of one VM. */
export interface LogVerdict {
  readonly vm: string;
  /** Whole records, checkpoints and snapshots. */
  readonly records: number;
  readonly checkpoints: number;
  readonly snapshots: number;
  /** Commands that were run again. */
  readonly commands: number;
  /** Versions of the rules that it was written under, in order. */
  readonly rules: readonly number[];
  /** One sentence for each thing that is wrong; none if all is whole. */
  readonly flaws: readonly string[];
}

/**
 * Reads every record, checkpoint and snapshot of a VM, and runs its commands again: their events must
 * be as many as they were, and every state on the way the one of its checkpoint. Changes nothing.
 */
export async function verifyLog(journal: Journal, vm: string): Promise<LogVerdict> {
  const check = new LogCheck(journal, vm);
  try {
    await check.run();
  } catch (error) {
    check.flaws.push((error as Error).message);
  }
  return check.verdict;
}

class LogCheck {
  readonly flaws: string[] = [];
  readonly #journal: Journal;
  readonly #vm: string;
  #records: readonly InPlace[] = [];
  #checkpoints: readonly ReadCheckpoint[] = [];
  #snapshots = 0;
  #commands = 0;

  constructor(journal: Journal, vm: string) {
    this.#journal = journal;
    this.#vm = vm;
  }

  get verdict(): LogVerdict {
    const { flaws } = this;
    const counts = { records: this.#records.length, checkpoints: this.#checkpoints.length };
    const others = { snapshots: this.#snapshots, commands: this.#commands };
    return { vm: this.#vm, ...counts, ...others, rules: this.#rules, flaws };
  }

  async run(): Promise<void> {
    const placed: Placed[] = [];
    for await (const one of this.#journal.read(this.#vm, 1)) placed.push(one);
    this.#records = placed.filter((one): one is InPlace => 'record' in one);
    await this.#readCheckpoints();
    await this.#findDamage(placed);
    if (this.#isOfThisVersion()) await this.#replay(placed);
  }

  async #readCheckpoints(): Promise<void> {
    const whole: ReadCheckpoint[] = [];
    for (const { position, bytes } of await this.#journal.checkpoints(this.#vm)) {
      if (bytes !== null) whole.push(readCheckpoint(position, bytes));
      else this.flaws.push(`checkpoint behind record ${position}: its checksum is wrong`);
    }
    this.#checkpoints = whole;
  }

  /** Tells every record that is damaged or missing, and what the first one costs. */
  async #findDamage(placed: readonly Placed[]): Promise<void> {
    const last = await this.#journal.position(this.#vm);
    const base = this.#checkpoints.at(-1)?.position ?? 0;
    for (let from = placed[0]?.position ?? 1; from <= last; ) {
      const rest = placed.filter(({ position }) => position >= from);
      const { damage } = firstRun(rest, from, last);
      if (damage === null) break;
      const { position, reason } = damage;
      const cost = position > base ? 'what follows it is lost' : 'history up to it is lost';
      this.flaws.push(`record ${position} of ${last}: ${reason}; ${cost}`);
      from = position + 1;
    }
    for (const room of [SNAPSHOTS, TRACED]) {
      for (const key of await this.#journal.damaged(room)) {
        if (key !== this.#vm && !key.startsWith(`${this.#vm}/`)) continue;
        this.flaws.push(`"${key}" in ${room}: its checksum is wrong`);
      }
    }
  }

  get #rules(): number[] {
    const records = this.#records.map(({ record }) => record.rules);
    const checkpoints = this.#checkpoints.map(({ facts }) => facts.rules);
    return [...new Set([...checkpoints, ...records])].sort((a, b) => a - b);
  }

  #isOfThisVersion(): boolean {
    const rules = this.#rules.filter((one) => one !== RULES_VERSION);
    if (rules.length > 0) {
      const here = `this version of mmulab has rules ${RULES_VERSION}`;
      this.flaws.push(`its rules are ${rules.join(' and ')}, and ${here}: it was not run again`);
    }
    const packed = this.#records.find(({ record }) => record.packing !== PACKED_VERSION);
    if (packed !== undefined) {
      const form = `form ${packed.record.packing}, not ${PACKED_VERSION}`;
      this.flaws.push(`its commands are packed in ${form}: it was not run again`);
    }
    return rules.length === 0 && packed === undefined;
  }

  /** Runs what is whole from the first record on, or from the first checkpoint. */
  async #replay(placed: readonly Placed[]): Promise<void> {
    const [first] = this.#records;
    const isWhole = first?.position === 1 && first.record.kind === 'made';
    const base = isWhole ? null : (this.#checkpoints[0] ?? null);
    if (!isWhole && base === null) {
      this.flaws.push('its first record is lost, and there is no checkpoint behind it');
      return;
    }
    const from = base?.position ?? 0;
    const behind = placed.filter(({ position }) => position > from);
    const { run: tail } = firstRun(behind, from + 1, 0);
    const read = { base, tail, checkpoints: [], history: [], damage: null };
    const cradle = cradleAlone();
    const { entry, replay } = await beginAgain(read, { id: this.#vm, cradle, traced: null });
    let rest = isWhole ? tail.slice(1) : tail;
    const reached = tail.at(-1)?.position ?? from;
    for (const checkpoint of this.#checkpoints) {
      if (checkpoint.position > reached) break;
      const next = rest.filter(({ position }) => position <= checkpoint.position);
      rest = rest.slice(next.length);
      await replay.run(next);
      const isSame =
        entry.ring.head === checkpoint.facts.seq &&
        Buffer.compare(archiveVm(entry.vm), checkpoint.state) === 0;
      if (!isSame) {
        this.flaws.push(`checkpoint behind record ${checkpoint.position}: its state is another`);
      }
    }
    await replay.run(rest);
    this.#commands = replay.commands;
    this.#snapshots = (await namedStates(this.#journal, entry)).length;
  }
}
