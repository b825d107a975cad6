import { deserialize, serialize } from 'node:v8';
import { z } from 'zod';
import { archiveVm, RULES_VERSION, unarchiveVm, type Vm } from '../../mmu/index.js';
import { VmConfig } from '../../mmu/schema/index.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { bodyFrom, bodyOf, writtenRequests } from './bodies.js';
import type { CheckpointFacts, MadeFacts } from './facts.js';

/** The facts of a VM that never change but for its labels. */
export function madeFactsOf(entry: FleetVm): MadeFacts {
  const { number, vm, labels, lanes, origin } = entry;
  const config = z.encode(VmConfig, vm.initial);
  return { number, config, labels, lanes: lanes?.beside ?? null, origin };
}

/** Writes the whole of a VM. */
export function checkpointOf(entry: FleetVm): Uint8Array {
  const { vm, ring, recorder, violations, revision, poison } = entry;
  const state = archiveVm(vm);
  const ledger = serialize(vm.ledger);
  const facts: CheckpointFacts = {
    ...madeFactsOf(entry),
    rules: RULES_VERSION,
    seq: ring.head,
    revision,
    poison,
    made: writtenRequests(recorder.requestsMade()),
    violations: violations.written(),
    shapes: ring.packer.shapes,
    stateBytes: state.length,
  };
  return bodyOf(facts, Buffer.concat([state, ledger]));
}

/** A checkpoint that was read. */
export interface ReadCheckpoint {
  readonly position: number;
  readonly facts: CheckpointFacts;
  /** All of it, as it was written. */
  readonly body: Uint8Array;
  /** The state, as it is archived. */
  readonly state: Uint8Array;
  /** Makes the VM in its state. */
  readonly vm: (config: VmConfig) => Vm;
}

/** @throws {BadEncoding} If the state is of another form; `vm` as well. */
export function readCheckpoint(position: number, body: Uint8Array): ReadCheckpoint {
  const { facts: read, bytes } = bodyFrom(body);
  const facts = read as CheckpointFacts;
  return {
    position,
    facts,
    body,
    state: bytes.subarray(0, facts.stateBytes),
    vm(config) {
      const vm = unarchiveVm(config, bytes.subarray(0, facts.stateBytes));
      // The ledger is no part of a state, and is kept beside it.
      return { ...vm, ledger: deserialize(bytes.subarray(facts.stateBytes)) as Vm['ledger'] };
    },
  };
}
