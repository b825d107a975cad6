import type { Content, DescribedOperation } from './described-operation.js';

type Group = [Member, ...Member[]];

interface Member {
  readonly id: string;
  readonly answer: Response;
}

type Response = DescribedOperation['responses'][string];

/** An answer with examples of several operations, by their names. */
export interface CommonAnswer extends Pick<Response, 'description' | 'headers'> {
  readonly content: Readonly<Record<string, CommonMedia>>;
}

interface CommonMedia {
  readonly schema: object;
  readonly examples: Readonly<Record<string, unknown>>;
}

/** Operations that have to share an answer before it is written once. */
const OPERATIONS_MIN = 5;

/**
 * Answers that many operations have in common but for their examples: such as those of commands.
 * Of examples with the same fields the longest is shown, since it shows most.
 *
 * @returns What stands for an answer; undefined if it stands for itself.
 */
export function commonAnswersOf(
  operations: readonly DescribedOperation[],
): (answer: Response) => CommonAnswer | undefined {
  const groups = new Map<string, Group>();
  for (const { operationId, responses } of operations) {
    for (const answer of Object.values(responses)) {
      if (Object.values(answer.content ?? {}).every(({ example }) => example === undefined))
        continue;
      const bare = bareTextOf(answer);
      const one = { id: operationId, answer };
      const group = groups.get(bare);
      if (group === undefined) groups.set(bare, [one]);
      else group.push(one);
    }
  }
  const common = new Map<string, CommonAnswer>();
  for (const [bare, group] of groups) {
    if (group.length >= OPERATIONS_MIN) common.set(bare, merged(group));
  }
  return (answer) => common.get(bareTextOf(answer));
}

/** Text of an answer without its examples. */
function bareTextOf({ description, headers, content = {} }: Response): string {
  const schemas = Object.entries(content).map(([type, { schema }]) => [type, schema]);
  return JSON.stringify([description, headers, schemas]);
}

function merged(group: Group): CommonAnswer {
  const [{ answer }] = group;
  const { description, headers, content = {} } = answer;
  const media = Object.entries(content).map(([type, { schema }]) => {
    const all = group.map((one) => [one.id, exampleOf(one.answer.content, type)] as const);
    return [type, { schema, examples: Object.fromEntries(oneOfEachShape(all)) }];
  });
  return {
    description,
    ...(headers && { headers }),
    content: Object.fromEntries(media),
  };
}

const exampleOf = (content: Content | undefined, type: string) => content?.[type]?.example;

type Named = readonly [id: string, example: unknown];

function oneOfEachShape(all: readonly Named[]): Named[] {
  const longest = new Map<string, Named>();
  for (const one of all) {
    const shape = shapeOf(one[1]);
    const known = longest.get(shape);
    if (known === undefined || lengthOf(one) > lengthOf(known)) longest.set(shape, one);
  }
  return [...longest.values()];
}

const lengthOf = ([, example]: Named) => JSON.stringify(example).length;

/** Names of all fields, but for those within lists. */
function shapeOf(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return '';
  const fields = Object.entries(value).map(([key, part]) => `${key}:${shapeOf(part)}`);
  return `{${fields.join()}}`;
}
