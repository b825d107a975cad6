import { Recorder } from '../../journal/index.js';
import type { Journal } from '../../journal/log/index.js';
import { createVm, freezeVm, unarchiveVm, type Vm } from '../../mmu/index.js';
import { VmConfig } from '../../mmu/schema/index.js';
import type { FleetLog } from '../fleet/fleet-options.js';
import { createFleetVm, type FleetVm } from '../fleet/fleet-vm.js';
import { FoundViolations } from '../fleet/found-violations.js';
import type { Cradle } from '../fleet/keeper.js';
import type { Sleeper } from '../fleet/sleeper.js';
import { VmLanes } from '../fleet/vm-lanes.js';
import type { NamedState } from '../fleet/vm-log.js';
import { bodyFrom, requestsFrom } from './bodies.js';
import type { CheckpointFacts, MadeFacts } from './facts.js';
import type { Standing } from './log-checkpoints.js';
import { mendsOf, tracedOf } from './named-states.js';
import { pastChunks } from './past-chunks.js';
import { type ReadLog, readLog, unreadable } from './read-log.js';
import { Replay } from './replay-log.js';
import { MENDS } from './rooms.js';

export interface WakeOptions {
  readonly journal: Journal;
  readonly log: FleetLog;
  readonly cradle: Cradle;
  readonly sleeper: Pick<Sleeper, 'id' | 'revision'>;
}

/** A VM that was made again, and where its log stands. */
export interface Woken {
  readonly entry: FleetVm;
  readonly standing: Standing;
  /** Snapshots that its newest records tell of: null for those that were deleted. */
  readonly named: ReadonlyMap<string, NamedState | null>;
}

/**
 * Makes a VM again from its log: from the newest checkpoint, and the commands behind it.
 *
 * @throws {ApiError} If it was written under other rules, or too little of it is left.
 */
export async function wakeVm(options: WakeOptions): Promise<Woken> {
  const { journal, log, cradle, sleeper } = options;
  const { id } = sleeper;
  const read = await readLog(journal, id);
  const { base, tail, damage } = read;
  const { entry, replay } = await beginAgain(read, {
    id,
    cradle,
    traced: await tracedOf(journal, id),
  });
  await replay.run(base === null ? tail.slice(1) : tail);
  const position = tail.at(-1)?.position ?? base?.position ?? 0;
  entry.mends = await mendsOf(journal, id);
  if (damage !== null) {
    log.error({ vm: id, ...damage }, 'Record of the journal damaged: what follows it is lost');
    entry.mends += 1;
    const mends = new TextEncoder().encode(String(entry.mends));
    const put = journal.put(MENDS, id, mends);
    // Before others hear of the cut, where there are any.
    if (journal.shared !== null) await put;
    await Promise.all([journal.cut(id, damage.position), put]);
    // No answer of before is like one of after.
    entry.revision = Math.max(entry.revision, sleeper.revision) + 1;
  }
  const marked = read.checkpoints.map(({ position, facts, body }) => ({
    ...{ position, seq: facts.seq, bytes: body.length },
  }));
  const standing = { position, commands: replay.commands, marked };
  return { entry, standing, named: replay.named };
}

/**
 * Makes a VM as it was where a log begins to be read: at its base, or when it was made.
 *
 * @throws {ApiError} If its configuration is none of this version.
 */
export async function beginAgain(
  read: ReadLog,
  { id, cradle, traced }: Pick<Parts, 'id' | 'cradle' | 'traced'>,
): Promise<{ readonly entry: FleetVm; readonly replay: Replay }> {
  const { base } = read;
  const facts = base?.facts ?? factsOfFirst(read);
  const config = configOf(id, facts);
  const entry = createEntry(read, { id, config, facts, cradle, traced });
  const replay = new Replay(entry, cradle);
  if (facts.lanes !== null) await replay.runLanes();
  return { entry, replay };
}

type Facts = MadeFacts & Partial<CheckpointFacts>;

function factsOfFirst({ tail }: ReadLog): Facts {
  return bodyFrom(tail[0]?.record.body ?? new Uint8Array()).facts as MadeFacts;
}

function configOf(id: string, { config }: Facts): VmConfig {
  const checked = VmConfig.safeParse(config);
  if (checked.success) return checked.data;
  throw unreadable(id, 'its configuration is none of this version');
}

interface Parts {
  readonly id: string;
  readonly config: VmConfig;
  readonly facts: Facts;
  readonly cradle: Cradle;
  readonly traced: FleetVm['traced'];
}

/** The VM as it was at the newest checkpoint, or when it was made. */
function createEntry(read: ReadLog, parts: Parts): FleetVm {
  const { id, config, facts, cradle, traced } = parts;
  const { base, history } = read;
  const ring = cradle.ring({ id, initial: config });
  const { packer } = ring;
  const made = history[0]?.position === 1 ? history[0].record.body : undefined;
  const first = made === undefined ? undefined : firstState(made, config, facts);
  ring.takeUp(pastChunks(read, { id, config, packer, first }), facts.seq ?? 0);
  const vm = base === null ? firstVm(read, config, facts) : base.vm(config);
  const beside = facts.lanes === null ? null : new VmLanes(config, facts.lanes);
  const { origin, labels } = facts;
  const entry = createFleetVm({ id, vm, origin, ring, labels, lanes: beside, pages: 0, traced });
  const requests = requestsFrom(facts.made ?? []);
  if (base !== null) ring.anchor({ seq: base.facts.seq, state: freezeVm(vm), made: requests });
  const commands = ring.past.commandsUpTo(ring.head);
  return {
    ...entry,
    number: facts.number,
    story: null,
    recorder: Recorder.resumed(id, ring, { made: requests, commands }),
    violations: facts.violations ? FoundViolations.from(facts.violations) : entry.violations,
    poison: facts.poison ?? null,
    revision: facts.revision ?? 0,
  };
}

/** State of a VM before its first command: null if the configuration tells it. */
function firstState(body: Uint8Array, config: VmConfig, { origin }: Facts) {
  return origin === null ? null : freezeVm(unarchiveVm(config, bodyFrom(body).bytes));
}

function firstVm({ tail }: ReadLog, config: VmConfig, { origin }: Facts): Vm {
  if (origin === null) return createVm(config);
  return unarchiveVm(config, bodyFrom(tail[0]?.record.body ?? new Uint8Array()).bytes);
}
