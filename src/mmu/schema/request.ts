import { z } from 'zod';
import { REQUEST_NAMES } from '../kernel/index.js';

/** A `KVM_REQ_*` of a vCPU, without its prefix. */
export const RequestName = z.enum(REQUEST_NAMES).meta({
  id: 'RequestName',
  description: 'A KVM_REQ_* of a vCPU, without its prefix.',
});
