import { z } from 'zod';

/** The rights of a translation, in the words of the table that it comes from. */
export const Rights = z
  .strictObject({
    read: z.boolean(),
    write: z.boolean(),
    execute: z.boolean(),
    user: z
      .boolean()
      .nullable()
      .describe('Access at CPL 3 is allowed too; null in an EPT, which does not tell.'),
  })
  .meta({ id: 'Rights', description: 'Rights of a translation.' });

export type Rights = Readonly<z.output<typeof Rights>>;
