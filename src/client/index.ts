/** `mmulab` as a library: a lab in this process. */

export type * from './api.js';
export type * from './lab.js';
export { LabError } from './lab-error.js';
export { createLab, type LabOptions } from './local.js';
