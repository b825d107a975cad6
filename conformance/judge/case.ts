import { z } from 'zod';

const Facts = z.record(z.string(), z.unknown());

/**
 * One case of a file of architecture cases.
 *
 * What stands in `setup`, `args` and `expect` depends on the area and is read by the tables beside
 * this file; here only the frame is checked, so that any file of the kind can be judged.
 */
export const ArchitectureCase = z.looseObject({
  id: z.string(),
  area: z.string(),
  op: z.string(),
  setup: Facts.default({}),
  args: Facts.default({}),
  expect: Facts,
});

export type ArchitectureCase = Readonly<z.output<typeof ArchitectureCase>>;

const ArchitectureCases = z.array(ArchitectureCase).min(1);

/** @returns The cases, or null if the content is of another kind. */
export function casesOf(content: unknown): readonly ArchitectureCase[] | null {
  const read = ArchitectureCases.safeParse(content);
  return read.success ? read.data : null;
}
