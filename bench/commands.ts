/**
 * What the HTTP rows send. `load-root` is what a harness at KVM's own level does most: a switch
 * through the root cache. A flushing MOV CR3 is as heavy as a command gets: an entry that services
 * two requests, an exit, a switch and two new requests, which makes some ten events.
 */
export const COMMANDS = [
  { kind: 'load-root', fields: { pgd: '0x100000' }, counts: true },
  { kind: 'mov-cr3', fields: { value: '0x100000' }, counts: false },
] as const;
