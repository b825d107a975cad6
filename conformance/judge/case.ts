import { z } from 'zod';
import { type ConformReport, formFailure } from '../../src/lab/index.js';

const Facts = z.record(z.string(), z.unknown());

/**
 * One case of a file of architecture cases: the keys that a case may have, and no others.
 *
 * The contents of `setup`, `args` and `expect` depend on the area. Their keys are checked by
 * `keys.ts`, their values by the reader of the area.
 */
export const ArchitectureCase = z.strictObject({
  id: z.string().min(1),
  area: z.string(),
  op: z.string(),
  setup: Facts.default({}),
  args: Facts.default({}),
  expect: Facts,
  source: z.string().optional(),
});

export type ArchitectureCase = Readonly<z.output<typeof ArchitectureCase>>;

/**
 * Reads a file's content: a list of cases. A part of it that is no case, or that expects nothing,
 * is noted as a failure, and does not hide the others.
 *
 * @param file Name of the file, for a failure of the whole.
 */
export function readCases(
  content: unknown,
  file: string,
  { failures }: ConformReport,
): readonly ArchitectureCase[] {
  if (!Array.isArray(content)) {
    const expected = 'a list of cases or a recording';
    failures.push({ where: file, expected, came: briefly(content) });
    return [];
  }
  if (content.length === 0) {
    failures.push({ where: file, expected: 'at least one case', came: 'an empty list' });
  }
  return content.flatMap((value: unknown, index) => {
    const read = ArchitectureCase.safeParse(value);
    if (!read.success) {
      const where = placeOf(value) || `case ${index + 1}`;
      failures.push(formFailure(where, 'a case', read.error));
      return [];
    }
    if (hasExpectation(read.data)) return [read.data];
    const came = JSON.stringify(read.data.expect);
    failures.push({
      where: placeOf(read.data),
      expected: 'an expectation that is judged',
      came,
    });
    return [];
  });
}

/** A case by its id and its operation, as far as it has them. */
export function placeOf(value: unknown): string {
  const { id, op } = Object(value) as { id?: unknown; op?: unknown };
  return [id, op].filter((part) => typeof part === 'string').join(' ');
}

function briefly(content: unknown): string {
  if (typeof content !== 'object' || content === null) return JSON.stringify(content);
  return 'an object without the format of a recording';
}

/** Details of an outcome, and explanations: alone they expect nothing. */
const NOT_ALONE: ReadonlySet<string> = new Set([
  ...['note', 'buggy', 'choices', 'vector', 'error_code', 'error'],
  ...['reason', 'basic', 'qualification', 'errno'],
]);

/** Whether a case expects anything at all, be it readable or not. */
function hasExpectation({ expect }: ArchitectureCase): boolean {
  return Object.entries(expect).some(([key, value]) => !NOT_ALONE.has(key) && !isEmpty(value));
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}
