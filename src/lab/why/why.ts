import { z } from 'zod';
import type { PolicyName as Policy } from '../../mmu/index.js';
import { PolicyName } from '../../mmu/schema/index.js';
import { chainOf } from './chain.js';
import { lifeOf, rootOf } from './life.js';
import { type Before, decisionsOn, isDecided } from './others.js';
import type { Past, PastRecord } from './past.js';
import { whyLines } from './why-lines.js';
import { worthOf } from './worth.js';

const seq = z.number().int().min(0);
const what = z.string();

/** Why something happened, and what else might have been done. */
export const Why = z
  .strictObject({
    seq,
    chain: z
      .array(
        z
          .strictObject({
            seq,
            what,
            kernel: z.string().nullable().describe('Function of Linux.'),
            manual: z.string().nullable().describe('Section of the manual.'),
          })
          .meta({ id: 'WhyStep', description: 'A step that led to it.' }),
      )
      .describe('From the first cause to the record itself.'),
    policy: PolicyName.describe('The policy of the VM.'),
    decisions: z
      .array(z.strictObject({ does: what, policies: z.array(PolicyName) }))
      .describe('The deed of each policy there; empty where none has a say.'),
    worth: z
      .strictObject({ worth: z.enum(['necessary', 'harmless', 'wasted']), through: seq })
      .nullable()
      .describe('The worth of a flush, sync or free, as the ledger has it by `through`.'),
    life: z
      .strictObject({
        root: what,
        stations: z.array(z.strictObject({ seq, what, times: z.number().int().min(1) })),
      })
      .nullable()
      .describe('The life of the root that it befell.'),
    text: z.array(z.string()).max(10).describe('All of that in at most ten lines.'),
  })
  .meta({ id: 'Why', description: 'Why something happened, and what else might have been done.' });
export type Why = z.output<typeof Why>;

/** A record that is asked about, with its history and the VM just before its command. */
export interface WhyAsked {
  readonly past: Past;
  readonly record: PastRecord;
  readonly policy: Policy;
  /** Null for what is no part of a command. */
  readonly before: Before | null;
}

/** The `seq` of the command that a record belongs to; null for a reset or a restoration. */
export function commandOf(record: PastRecord): number | null {
  if (record.type === 'rewound') return null;
  return record.type === 'command' ? record.seq : record.command;
}

/** Answers why, step by step: it yields between steps that take a moment each. */
export function* whySteps({ past, record, policy, before }: WhyAsked): Generator<void, Why> {
  const chain = chainOf(past, record);
  const told = record.type === 'event' ? record : null;
  const decisions =
    told === null || before === null || !isDecided(told.event)
      ? []
      : yield* decisionsOn(before, told);
  const worth = told === null || before === null ? null : yield* worthOf(past, before, told);
  const root = told === null ? null : rootOf(told);
  const life = root === null ? null : lifeOf(past, root, record.seq);
  const why = {
    seq: record.seq,
    chain,
    policy,
    decisions: decisions.map(({ does, policies }) => ({ does, policies: [...policies] })),
    worth,
    life: life && { root: life.root, stations: [...life.stations] },
  };
  return { ...why, text: whyLines(why) };
}
