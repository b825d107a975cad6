import { ACC_EXEC, ACC_USER, ACC_USER_EXEC, ACC_WRITE } from '../machine/index.js';
import type { Rights } from '../schema/index.js';

/**
 * `ACC_*` bits as a client sees them.
 *
 * @param isEpt Whether they come from an EPT, where `ACC_USER` says that a page is readable.
 */
export function rightsOf(acc: number, isEpt: boolean): Rights {
  const isUser = (acc & ACC_USER) !== 0;
  return {
    read: isEpt ? isUser : true,
    write: (acc & ACC_WRITE) !== 0,
    execute: (acc & ACC_EXEC) !== 0,
    user: isEpt ? (acc & ACC_USER_EXEC) !== 0 || null : isUser,
  };
}
