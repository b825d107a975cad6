import { z } from 'zod';
import { Command, VmConfig } from '../../mmu/schema/index.js';
import { ALPHABET_MAX } from './setting-flaw.js';

/** Commands that may lead to the first state. */
const STAGE_MAX = 10_000;

/** A machine, the commands that lead to its first state, and those that may befall it there. */
export const ExplorationFile = z.strictObject({
  config: VmConfig.prefault({}),
  stage: z.array(Command).max(STAGE_MAX).default([]),
  alphabet: z.array(Command).max(ALPHABET_MAX),
});
