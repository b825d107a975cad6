export { enterGuest } from './enter.js';
export { type Exit, exitToHost, fault, OK, raise } from './exit.js';
export { serviceLocalTlbFlushRequests } from './service-requests.js';
