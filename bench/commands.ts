/**
 * Commands of the HTTP rows. `load-root`, a switch through the root cache, is the most common command
 * of a harness at KVM's own level. A flushing MOV CR3 is one of the heaviest: an entry that services
 * two requests, an exit, a switch and two new requests, in some ten events.
 */
export const COMMANDS = [
  { kind: 'load-root', fields: { pgd: '0x100000' }, counts: true },
  { kind: 'mov-cr3', fields: { value: '0x100000' }, counts: false },
] as const;
