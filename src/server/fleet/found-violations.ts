import { z } from 'zod';
import type { EventRecord, EventRing, HistoryRecord } from '../../journal/index.js';
import { VcpuIndex } from '../../mmu/schema/index.js';
import { HistoryFrame, RuleBroken, Seq } from '../wire/frames.js';

type Rule = z.output<typeof RuleBroken>;

/** Violations of one rule whose frames are kept. */
const KEPT_PER_RULE = 4;

/** Frames before a violation's own that are kept with it. */
const FRAMES_BEFORE = 48;

/** A violation that is never forgotten, with the frames that led to it. */
export const KeptViolation = z
  .strictObject({
    seq: Seq,
    vcpu: VcpuIndex,
    rule: RuleBroken.shape.rule,
    frames: z
      .array(HistoryFrame)
      .describe('The violation, what came before it, and the records that it names.'),
  })
  .meta({ id: 'KeptViolation', description: 'A violation with the frames around it.' });
type KeptViolation = z.output<typeof KeptViolation>;

/**
 * The violations of one VM, which outlive its history: how many there were of each rule, and the
 * first of each with the frames around them.
 */
export class FoundViolations {
  readonly #rules = new Map<string, Rule>();
  readonly #kept: KeptViolation[] = [];

  /** Number and places by rule, in the order in which each was first broken. */
  get rules(): Rule[] {
    return Array.from(this.#rules.values(), (broken) => ({ ...broken }));
  }

  get kept(): readonly KeptViolation[] {
    return this.#kept;
  }

  /** All of it as plain data. */
  written(): { readonly rules: readonly Rule[]; readonly kept: readonly KeptViolation[] } {
    return { rules: this.rules, kept: this.#kept };
  }

  /** The inverse of {@link written}. */
  static from(written: ReturnType<FoundViolations['written']>): FoundViolations {
    const found = new FoundViolations();
    for (const broken of written.rules) found.#rules.set(broken.rule, { ...broken });
    found.#kept.push(...written.kept);
    return found;
  }

  /** Takes the events of a command, which the history has. */
  take(ring: Pick<EventRing, 'at'>, events: readonly EventRecord[]): void {
    for (const record of events) {
      if (record.event.kind !== 'violation') continue;
      const { rule } = record.event;
      const broken = this.#rules.get(rule);
      if (broken === undefined) {
        this.#rules.set(rule, { rule, count: 1, first: record.seq, last: record.seq });
      } else {
        broken.count += 1;
        broken.last = record.seq;
      }
      if ((broken?.count ?? 1) <= KEPT_PER_RULE) this.#keep(ring, record, rule);
    }
  }

  #keep(ring: Pick<EventRing, 'at'>, record: EventRecord, rule: string): void {
    const { seq, vcpu } = record;
    const seqs = [...namedBy(record), record.command];
    for (let before = Math.max(1, seq - FRAMES_BEFORE); before <= seq; before += 1) {
      seqs.push(before);
    }
    const frames = [...new Set(seqs)]
      .sort((a, b) => a - b)
      .map((at) => ring.at(at))
      .filter((frame): frame is HistoryRecord => frame !== undefined);
    this.#kept.push({ seq, vcpu, rule, frames });
  }
}

/** Numbers of the records that a violation names: the write, the invalidation, the survival. */
function namedBy({ event }: EventRecord): number[] {
  if (event.kind !== 'violation') return [];
  const { write, invalidation, survival } = event;
  return [write?.seq, invalidation?.seq, survival?.seq].flatMap((seq) => seq ?? []);
}
