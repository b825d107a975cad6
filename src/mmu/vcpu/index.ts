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
export { serviceLocalTlbFlushRequests, serviceRequests } from './service-requests.js';
