import { z } from 'zod';

const leaf = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** A place in which two states differ. */
export const Difference = z
  .strictObject({
    path: z.string().describe('JSON pointer into the state.'),
    a: leaf.optional().describe('Absent where the first state has nothing there.'),
    b: leaf.optional().describe('Absent where the second state has nothing there.'),
  })
  .meta({ id: 'Difference', description: 'A place in which two states differ.' });

export type Difference = Readonly<z.output<typeof Difference>>;
