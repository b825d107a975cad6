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
      .describe(
        'Access at CPL 3 is allowed too. In an EPT: true if user-mode addresses may be fetched (mode-based execute control), else null.',
      ),
  })
  .meta({ id: 'Rights', description: 'Rights of a translation.' });

export type Rights = Readonly<z.output<typeof Rights>>;
