/** `mmulab/client`: a lab on a server. Nothing here loads the model. */

export type * from './api.js';
export type * from './lab.js';
export { LabError } from './lab-error.js';
export { connectLab, type ServerOptions } from './remote.js';
