import { z } from 'zod';
import { CommandKind } from './commands.js';
import { Hex64, PhysicalAddress } from './hex.js';
import { Rights } from './rights.js';

/** Translations of one address that an answer holds. */
export const TRANSLATIONS_MAX = 64;

const Replaced = z
  .strictObject({
    entry: PhysicalAddress.describe('Address of the table entry that was replaced first.'),
    command: CommandKind.nullable(),
    commandsAgo: z.number().int().min(0).describe('1: the newest command.'),
  })
  .meta({ id: 'ReplacedEntry', description: 'The write that made a translation stale.' });

const AllowedTranslation = z
  .strictObject({
    gpa: PhysicalAddress.nullable().describe(
      'Guest-physical address; null if an entry lets nothing through.',
    ),
    rights: Rights.describe(
      "Rights by the guest's own tables; a page is writable once it is dirty.",
    ),
    ept: Rights.nullable().describe('Rights by the EPT of L1; null without one.'),
    replaced: Replaced.nullable().describe('Null: memory says so now.'),
  })
  .meta({ id: 'AllowedTranslation', description: 'A translation that a processor may use.' });

/** The translations of an address that the architecture allows. */
export const AllowedState = z
  .strictObject({
    gva: Hex64,
    translations: z
      .array(AllowedTranslation)
      .max(TRANSLATIONS_MAX)
      .describe(
        'The one in memory, then those that may still be cached, roughly the newest first.',
      ),
    complete: z.boolean().describe('False if more may be allowed than is shown or remembered.'),
  })
  .meta({
    id: 'AllowedState',
    description: 'Translations that the architecture allows for an address.',
  });

export type AllowedState = Readonly<z.output<typeof AllowedState>>;
