import { vcpuStateOf } from '../../mmu/index.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { type EndReason, writeEnd, writeHello } from '../wire/frames.js';
import type { FrameLog } from './frame-log.js';
import { type FrameSink, say } from './frame-sink.js';
import { HistoryCursor } from './history-cursor.js';
import { type FrameSource, PIECE_BYTES, THROUGH_MS } from './stream.js';

/** {@link THROUGH_MS} of a reader that wants the present rather than every record. */
const THROUGH_SOON_MS = 100;

export interface VmSourceOptions {
  readonly entry: FleetVm;
  readonly sink: FrameSink;
  readonly epoch: string;
  /** The stream begins behind this sequence number. */
  readonly after: number;
  readonly log: FrameLog;
  /** Whether the reader wants the newest state in place of what it had no room for. */
  readonly wantsState: boolean;
  /** Called when the reader takes no more from the log. */
  readonly onClose: () => void;
}

/** The history of one VM, for one reader. */
export class VmSource implements FrameSource {
  readonly #options: VmSourceOptions;
  readonly #cursor: HistoryCursor;

  constructor(options: VmSourceOptions) {
    this.#options = options;
    const { entry, after, log, sink, wantsState } = options;
    const { id: vm, ring } = entry;
    const state = wantsState
      ? () => ({
          vcpus: entry.vm.vcpus.map((vcpu) => vcpuStateOf(entry.vm, vcpu)),
          violations: entry.violations.rules,
        })
      : null;
    this.#cursor = new HistoryCursor({ vm, ring, log, after, sink, isPlace: true, state });
  }

  get isBehind(): boolean {
    return this.#cursor.isBehind;
  }

  get owesThrough(): boolean {
    return this.#cursor.owesThrough;
  }

  get throughMs(): number {
    return this.#options.wantsState ? THROUGH_SOON_MS : THROUGH_MS;
  }

  sayHello(): void {
    const { entry, sink, epoch, after } = this.#options;
    const { id: vm, ring, violations } = entry;
    const { readable: head, oldest } = ring;
    const hello = { type: 'hello', vm, epoch, head, oldest, violations: violations.rules } as const;
    say(sink, writeHello(hello), after);
  }

  advance(): void {
    this.#cursor.advance(PIECE_BYTES);
  }

  passOver(): boolean {
    return this.#cursor.passOver();
  }

  sayThrough(): void {
    this.#cursor.sayThrough();
  }

  sayAlive(): void {
    this.#cursor.sayThrough();
  }

  sayEnd(reason: EndReason): void {
    const { entry, sink } = this.#options;
    const cursor = this.#cursor;
    cursor.skipRest();
    const { seq } = cursor;
    say(sink, writeEnd({ type: 'end', vm: entry.id, seq, reason }), seq);
  }

  close(): void {
    this.#cursor.close();
    this.#options.onClose();
  }
}
