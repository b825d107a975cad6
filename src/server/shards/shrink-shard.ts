import { z } from 'zod';
import {
  FAILURES,
  type Failing,
  SHRUNK_TEXT_NAMES,
  SHRUNK_TEXTS,
  type ShrinkOptions,
  type Shrunk,
  type ShrunkText,
  shrinkSteps,
} from '../../lab/index.js';
import { step } from '../../mmu/index.js';
import { Command, PolicyName, VmConfig } from '../../mmu/schema/index.js';
import { CaseFile, caseSteps } from '../history/case-file.js';

/** Commands to make small, and the mistake that they have to show. */
export interface ShrinkInput {
  readonly failing: Failing;
  readonly options: ShrinkOptions;
}

/** The smallest list of commands that shows a mistake. */
export const ShrinkResult = z
  .strictObject({
    failure: z.strictObject({
      kind: z.enum(FAILURES),
      key: z.string().describe('Sign that tells it from other mistakes.'),
      message: z.string(),
      command: z.number().int().min(0).describe('Index of the command that shows it.'),
    }),
    against: PolicyName.nullable().describe('Of a disagreement: the other policy.'),
    given: z.number().int().min(0).describe('Commands of the list that was given.'),
    tries: z.number().int().min(0).describe('Lists that were tried.'),
    case: CaseFile,
    texts: z
      .record(z.enum(SHRUNK_TEXT_NAMES), z.string())
      .describe('The same as a script and as tests, which fail as long as the mistake shows.'),
  })
  .meta({ id: 'ShrinkResult', description: 'A smallest list that still shows the mistake.' });
export type ShrinkResult = z.output<typeof ShrinkResult>;

/**
 * Shrinks a list, and writes what is left of it. Yields the number of lists that were tried.
 *
 * @returns Null if the list shows no mistake that is meant.
 */
export function* shrinkToResult({
  failing,
  options,
}: ShrinkInput): Generator<number, ShrinkResult | null> {
  const found = yield* shrinkSteps(failing, options);
  if (found === null) return null;
  const { failure, against, given, tries } = found;
  const pieces = shrunkCase(found);
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true)
      return { failure, against, given, tries, case: value, texts: textsOf(found) };
    yield tries;
  }
}

/** A smallest list as a case, in steps. The command on which the model fails is the last of all. */
export function* shrunkCase({ config, commands, failure }: Shrunk): Generator<void, CaseFile> {
  const checked = VmConfig.parse(config);
  const all = commands.map((command) => Command.parse(command));
  if (failure.kind !== 'crash') return yield* caseSteps(step, checked, all);
  const file = yield* caseSteps(step, checked, all.slice(0, failure.command));
  return { ...file, poisonedBy: all[failure.command] };
}

function textsOf(found: Shrunk): Record<ShrunkText, string> {
  return Object.fromEntries(
    SHRUNK_TEXT_NAMES.map((name) => [name, SHRUNK_TEXTS[name](found)]),
  ) as Record<ShrunkText, string>;
}
