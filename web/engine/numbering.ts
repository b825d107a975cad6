import type { CommandRecord, EventRecord } from '../../src/journal/index.js';
import { step, type Vcpu, type Vm } from '../../src/mmu/index.js';
import {
  type Command,
  type MmuEvent,
  type MmuEventOf,
  numberedEvent,
  type SeqOf,
} from '../../src/mmu/schema/index.js';

/** `seq` of the newest `request-made` of each request, by vCPU. */
export type RequestsMade = Map<string, number>;

/** A command with its events, numbered as a server numbers the history of a VM. */
export interface Done {
  readonly command: CommandRecord;
  readonly events: readonly EventRecord[];
}

/** The place of a command in a history. */
export interface Place {
  /** Name of the history in its records. */
  readonly vm: string;
  /** `seq` of the command. */
  readonly seq: number;
  /** The requests that are pending; brought up to date. */
  readonly made: RequestsMade;
  /** Numbers of the commands before, and of this one. */
  readonly seqOf: SeqOf;
}

/**
 * Carries a command out and numbers what happens.
 *
 * @throws {CommandRefused} If the machine cannot take the command now; nothing has changed then.
 */
export function carryOut(machine: Vm, command: Command, { vm, seq, made, seqOf }: Place): Done {
  const events: EventRecord[] = [];
  const emit = ({ index: vcpu }: Vcpu, happened: MmuEvent, causedBy?: number): number => {
    const event = numberedEvent(happened, seqOf);
    const number = seq + events.length + 1;
    const cause = causedBy ?? causeOf(made, vcpu, event);
    events.push({ type: 'event', vm, seq: number, command: seq, causedBy: cause, vcpu, event });
    if (event.kind === 'request-made') made.set(keyOf(vcpu, event), number);
    return number;
  };
  const outcome = step(machine, command, emit);
  const { vcpu } = command;
  return { command: { type: 'command', vm, seq, vcpu, command, outcome }, events };
}

/** The making of a request causes its service, however many commands later. */
function causeOf(made: RequestsMade, vcpu: number, event: MmuEvent): number | null {
  if (event.kind !== 'request-serviced') return null;
  return made.get(keyOf(vcpu, event)) ?? null;
}

function keyOf(vcpu: number, { request }: MmuEventOf<'request-made' | 'request-serviced'>): string {
  return `${vcpu} ${request}`;
}
