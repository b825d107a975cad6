import { z } from 'zod';

/** What a translation allows, in the words of the table that it comes from. */
export const Rights = z
  .strictObject({
    read: z.boolean(),
    write: z.boolean(),
    execute: z.boolean(),
    user: z.boolean().nullable().describe('At CPL 3 as well; null in an EPT, which does not say.'),
  })
  .meta({ id: 'Rights', description: 'What a translation allows.' });

export type Rights = Readonly<z.output<typeof Rights>>;
