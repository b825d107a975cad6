import type { Mend } from './mend.js';

/** The role tells of EFER.NX, as it did to v5.18. */
export const mainlineNx: Mend = { rules: { roleTells: 'nx' } };
