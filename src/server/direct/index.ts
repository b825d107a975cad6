/** The server without HTTP: its VMs, asked in the same process. Nothing here loads Fastify. */

export { createHost, type Host } from '../host/host.js';
export { ApiError } from '../wire/errors.js';
export { createEpoch } from '../wire/ids.js';
export { problemOf } from '../wire/problem.js';
export { ask, type Given } from './ask.js';
export { follow } from './follow.js';
export { whyOfCase } from './why-of-case.js';
