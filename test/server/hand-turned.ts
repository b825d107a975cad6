import Fastify from 'fastify';
import { onTestFinished } from 'vitest';
import { Command, VmConfig } from '../../src/mmu/schema/index.js';
import { applyOne } from '../../src/server/batches/batch.js';
import { Fleet } from '../../src/server/fleet/fleet.js';
import type { FleetVm } from '../../src/server/fleet/fleet-vm.js';
import type { FrameSink } from '../../src/server/streams/frame-sink.js';
import { type Framing, LINES } from '../../src/server/streams/framing.js';
import { Streams } from '../../src/server/streams/streams.js';
import { DEFAULT_LIMITS, type Limits } from '../../src/server/wire/bounds.js';
import { type Frame, plainIds } from './start.js';

/** Milliseconds that a piece of work takes by the clock of a {@link handTurned} server. */
export const PIECE_MS = 1;

/** Commands between two turns. */
export const BATCH_SIZES = [1, 30, 1000];

/** Sequence numbers, one after another. */
export const upTo = (head: number, from = 1): number[] =>
  Array.from({ length: Math.max(0, head - from + 1) }, (_, i) => i + from);

/** Streams whose turns come when a test says so, by a clock that goes on by one at each look. */
export function handTurned(limits: Partial<Limits> = {}) {
  const all = { ...DEFAULT_LIMITS, ...limits };
  const fleet = new Fleet({ limits: all, log: Fastify().log, ids: plainIds });
  let clockMs = 0;
  const due: (() => void)[] = [];
  const now = () => {
    clockMs += PIECE_MS;
    return clockMs;
  };
  const streams = new Streams(fleet, 'test', {
    loop: { now, later: (turn) => void due.push(turn) },
  });
  onTestFinished(() => {
    fleet.close();
    void streams.close();
  });
  const create = () => fleet.create({ config: VmConfig.parse({}) });
  /** Runs commands, each of which has three records. */
  const switches = (entry: FleetVm, count: number) => {
    for (let i = 0; i < count; i += 1) {
      const pgd = `0x${(1 + (i % 7)).toString(16)}000`;
      applyOne(fleet, entry, Command.parse({ kind: 'load-root', vcpu: 0, pgd }));
    }
  };
  /** Gives the streams one turn; says whether they had wanted it. */
  const turn = () => {
    const next = due.shift();
    next?.();
    return next !== undefined;
  };
  /** Gives the streams turns until they want no more. */
  const settle = () => {
    while (turn());
  };
  const follow = (entry: FleetVm, query: object = {}, sink = new HandSink()) => {
    streams.open(entry, { limit: 1000, behind: 'gap', ...query }, sink);
    return sink;
  };
  return { fleet, streams, create, switches, turn, settle, follow };
}

/** A reader that takes what it is given, or nothing while it rests. */
export class HandSink implements FrameSink {
  readonly isOneWay = false;
  readonly framing: Framing;
  readonly taken: Buffer[] = [];
  readonly #bytesMax: number;
  #buffered = 0;
  isResting = false;
  isOpen = true;
  #onDrain = () => {};
  #onClose = () => {};

  constructor(bytesMax: number = DEFAULT_LIMITS.streamBufferBytes, framing = LINES) {
    this.#bytesMax = bytesMax;
    this.framing = framing;
  }

  /** The frames, if they are lines. */
  get frames(): Frame[] {
    const lines = Buffer.concat(this.taken).toString().split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Frame);
  }

  /** What the frames behind `hello` tell of, or leave out. */
  get told(): (number | string)[] {
    return this.frames
      .slice(1)
      .map(({ type, seq, from, to }) => (type === 'gap' ? `gap ${from}-${to}` : seq));
  }

  room(): number {
    return this.isOpen ? this.#bytesMax - this.#buffered : 0;
  }

  write(bytes: Buffer): void {
    this.taken.push(bytes);
    if (this.isResting) this.#buffered += bytes.length;
  }

  together(send: () => void): void {
    send();
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  onClose(listener: () => void): void {
    this.#onClose = listener;
  }

  /** Reads on. */
  resume(): void {
    this.isResting = false;
    this.#buffered = 0;
    this.#onDrain();
  }

  beat(): void {}

  end(): void {
    this.terminate();
  }

  terminate(): void {
    this.isOpen = false;
    this.#onClose();
  }
}
