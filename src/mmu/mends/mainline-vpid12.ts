import type { Mend } from './mend.js';

/**
 * An entry that fails late spends the flush for another vpid12 on L2, for which it was requested, as
 * since the repair of 2026.
 */
export const mainlineVpid12: Mend = { rules: { failedEntryFlushes: true } };
