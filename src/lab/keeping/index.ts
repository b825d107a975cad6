export { isKeepingStated } from './machines.js';
export { KeepingWatch } from './watch.js';
