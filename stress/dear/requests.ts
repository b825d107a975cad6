import { asking } from './asking.js';
import { commands } from './commands.js';
import type { Machines } from './machines.js';
import { making } from './making.js';
import { reading } from './reading.js';
import type { Dear } from './request.js';

/** The dearest legal requests of every route, in an order in which each finds what it needs. */
export function dearRequests(machines: Machines): readonly Dear[] {
  return [...asking(machines), ...reading(machines), ...making(machines), ...commands(machines)];
}
