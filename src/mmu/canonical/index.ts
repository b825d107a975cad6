export { ANY_FUTURE, type Futures } from './futures.js';
export { OracleForgot, settle } from './settle.js';
