export { type Census, createCensus, type Unread } from './census.js';
export type { Fact, Stamp, Take, Task } from './fact.js';
export {
  createReconstruction,
  type Reconstruction,
  TRACED_VMS_MAX,
} from './reconstruct/reconstruct.js';
export type { VmTrace } from './reconstruct/vm.js';
export type { Confidence, Placed, Window } from './reconstruct/window.js';
export { type Agreement, createAgreement } from './score/agreement.js';
export { kernelOf, type MachineOptions, machineOf } from './score/machine.js';
export { createTextReader, type TextReader } from './text/text-reader.js';
