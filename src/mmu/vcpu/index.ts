export { enterGuest } from './enter.js';
export {
  type Exit,
  exitToHost,
  type Fault,
  fault,
  l1WantsException,
  OK,
  pageFault,
  raise,
  VECTORS,
} from './exit.js';
export { isHvFlushable, queueHvFlush } from './hv-flush.js';
export { isInitBlocked, resetByInit, takePendingInit } from './reset.js';
export { serviceLocalTlbFlushRequests, serviceRequests, tripleFault } from './service-requests.js';
export { markPreempted, recordStealTime } from './steal-time.js';
