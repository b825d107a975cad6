export {
  cpuFlush,
  flushTlbAll,
  flushTlbCurrent,
  flushTlbGuest,
  flushTlbGva,
  flushVpid,
  flushVpidAddress,
  VPID01,
  VPID02,
} from './flush.js';
