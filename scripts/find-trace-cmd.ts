import { findProgram } from './debian-program.js';

/**
 * Finds a trace-cmd, which reads and writes every version of trace.dat.
 *
 * @throws {Error} If there is none. The message says how to install it.
 */
export function findTraceCmd(): string {
  return findProgram({
    name: 'trace-cmd',
    purpose: 'compare readings of trace.dat',
    variable: 'TRACE_CMD',
    paths: ['/usr/bin/trace-cmd', '/usr/local/bin/trace-cmd'],
    packageName: 'trace-cmd',
  });
}
