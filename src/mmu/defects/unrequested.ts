import { makeRequest, type Request } from '../requests/index.js';
import { around, type Wrapper } from '../seam.js';

/** A request that nobody makes. */
export function unrequested(omitted: Request): Wrapper {
  return around(makeRequest, (sound) => (vm, vcpu, request, emit) => {
    if (request !== omitted) sound(vm, vcpu, request, emit);
  });
}
