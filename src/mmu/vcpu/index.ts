export { type Entered, enterGuest } from './enter.js';
export {
  type Exit,
  exitToHost,
  type Fault,
  fault,
  INTERRUPTED,
  l1WantsException,
  OK,
  pageFault,
  raise,
  SHUTDOWN,
  VECTORS,
} from './exit.js';
export { isHvFlushable, queueHvFlush } from './hv-flush.js';
export { isInitBlocked, resetByInit, takePendingInit } from './reset.js';
export { serviceLocalTlbFlushRequests, serviceRequests, tripleFault } from './service-requests.js';
export { markPreempted, recordStealTime } from './steal-time.js';
