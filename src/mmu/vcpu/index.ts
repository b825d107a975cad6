export { enterGuest } from './enter.js';
export {
  type Exit,
  exitToHost,
  fault,
  kickToHost,
  leaveGuest,
  OK,
  type ReportedExit,
  raise,
} from './exit.js';
export { serviceLocalTlbFlushRequests, serviceRequests } from './service-requests.js';
