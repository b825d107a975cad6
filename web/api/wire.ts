import type { z } from 'zod';
import type {
  CommandInput,
  MmuEvent,
  Outcome,
  RequestName,
  Rights,
  ShadowPageState,
  SpteState,
  TlbState,
  VcpuState,
  VmConfigInput,
} from '../../src/mmu/schema/index.js';
import type { JobBody } from '../../src/server/jobs/job-body.js';
import type { RaceRequest } from '../../src/server/jobs/race-request.js';
import type * as frames from '../../src/server/wire/frames.js';

/** An event in its wire form, where addresses and registers are hex strings. */
export type WireEvent = z.input<typeof MmuEvent>;
export type WireEventOf<K extends WireEvent['kind']> = Extract<WireEvent, { kind: K }>;
export type WireCommand = CommandInput;
export type WireOutcome = z.input<typeof Outcome>;
export type WireVcpu = z.input<typeof VcpuState>;
export type WireMmu = WireVcpu['rootMmu'];
export type WireRoot = NonNullable<WireMmu['root']>;
export type WireRights = z.input<typeof Rights>;
export type WireShadowPage = z.input<typeof ShadowPageState>;
export type WireSpte = z.input<typeof SpteState>;
export type WireTlb = z.input<typeof TlbState>;
export type WireTlbContext = WireTlb['contexts'][number];
export type WireRequest = z.input<typeof RequestName>;
export type FlushScope = WireEventOf<'tlb-flushed'>['scope'];

/** A VM as `GET /v1/vms` lists it. */
export interface VmSummary
  extends Required<Pick<VmConfigInput, 'vcpus' | 'policy' | 'paging' | 'kernel' | 'vendor'>> {
  readonly id: string;
  readonly seq: number;
  /** Policies that run beside it; absent if there are none. */
  readonly lanes?: readonly object[];
}

/** The configuration that the page sends to create a VM; the server fills in the rest. */
export type NewVm = Pick<VmConfigInput, 'vcpus' | 'policy' | 'paging' | 'kernel'>;

/** The part of `GET /v1/model` that the page uses. */
export interface Model {
  readonly kernels: readonly NonNullable<VmConfigInput['kernel']>[];
  /** In the order in which VM-entry services them. */
  readonly requests: readonly WireRequest[];
  readonly bounds: { readonly vcpusPerVm: number };
}

/** Shadow pages below a root, the first of them if there are many. */
export interface ShadowPageList {
  /** Depth first: a page comes before the pages that it links. */
  readonly pages: readonly WireShadowPage[];
  readonly total: number;
}

export interface PolicySummary {
  readonly name: string;
  readonly summary: string;
  readonly costBytes: number;
}

export type WireJob = z.input<typeof JobBody>;
export type WireRace = NonNullable<WireJob['result']>;
export type WireLane = WireRace['lanes'][number];
export type WireParting = WireRace['partings'][number];
export type RaceOrder = z.input<typeof RaceRequest>;

/** A parameter of a workload, as `GET /v1/workloads` lists it. */
export interface WorkloadSummary {
  readonly name: string;
  readonly summary: string;
}

export type CommandFrame = Readonly<z.input<typeof frames.CommandFrame>>;
export type EventFrame = Readonly<z.input<typeof frames.EventFrame>>;

export type RewoundFrame = Readonly<z.input<typeof frames.RewoundFrame>>;

/** Frames `from` to `to`, both included, were not received. */
export type GapFrame = Readonly<Omit<z.input<typeof frames.GapFrame>, 'vm'>>;

/** A frame in the log. */
export type LogFrame = CommandFrame | EventFrame | RewoundFrame | GapFrame;

/** A frame that a stream of events may send. */
export type Frame =
  | LogFrame
  | z.input<typeof frames.HelloFrame | typeof frames.EndFrame | typeof frames.PongFrame>;
