import type { Duplex } from 'node:stream';

/** Connections whose request may arrive for longer than others, and has a time limit of its own. */
const connections = new WeakSet<Duplex>();

export function keepOwnTime(socket: Duplex): void {
  connections.add(socket);
}

export function endOwnTime(socket: Duplex): void {
  connections.delete(socket);
}

/** Whether the request on a connection has a time limit of its own. */
export function keepsOwnTime(socket: Duplex): boolean {
  return connections.has(socket);
}
