import { idsOf } from '../wire/ids.js';

/** The run of a server in which the session is recorded. */
export const SESSION_EPOCH = 'k3x9q2m7ab';

/** Ids of the session's VMs and jobs. */
export const idOf = idsOf(SESSION_EPOCH);

/** The first VM of the session. */
export const VM_1 = idOf('vm', 1);
