import type { z } from 'zod';
import type * as api from '../../src/client/api.js';
import type { PriceFile as PriceFileSchema } from '../../src/lab/index.js';
import type {
  CommandInput,
  MmuEvent,
  Outcome,
  Rights,
  ShadowPageState,
  SpteState,
  TlbState,
  VcpuState,
} from '../../src/mmu/schema/index.js';
import type { CaseFile } from '../../src/server/history/case-file.js';
import type { Excerpt } from '../../src/server/history/excerpt.js';
import type { ExplorationRequest } from '../../src/server/jobs/exploration-request.js';
import type { JobBody } from '../../src/server/jobs/job-body.js';
import type { RaceRequest } from '../../src/server/jobs/race-request.js';
import type { ShrinkRequest } from '../../src/server/jobs/shrink-request.js';
import type { SweepRequest } from '../../src/server/jobs/sweep-request.js';
import type * as frames from '../../src/server/wire/frames.js';

/** An event in its wire form, where addresses and registers are hex strings. */
export type WireEvent = z.input<typeof MmuEvent>;
export type WireEventOf<K extends WireEvent['kind']> = Extract<WireEvent, { kind: K }>;
export type WireCommand = CommandInput;
export type WireOutcome = z.input<typeof Outcome>;
/** The answer to a command. */
export interface WireApplied {
  /** Sequence number of the VM behind it. */
  readonly seq: number;
  readonly outcome: WireOutcome;
  readonly events: readonly EventFrame[];
}
export type WireVcpu = z.input<typeof VcpuState>;
export type WireMmu = WireVcpu['rootMmu'];
export type WireRoot = NonNullable<WireMmu['root']>;
export type WireRights = z.input<typeof Rights>;
export type WireShadowPage = z.input<typeof ShadowPageState>;
export type WireSpte = z.input<typeof SpteState>;
export type WireTlb = z.input<typeof TlbState>;
export type WireTlbContext = WireTlb['contexts'][number];

type Shown =
  | 'id'
  | 'seq'
  | 'name'
  | 'tags'
  | 'poisoned'
  | 'failure'
  | 'found'
  | 'vcpus'
  | 'policy'
  | 'paging'
  | 'kernel'
  | 'vendor';

/** A VM in the list of `GET /v1/vms`, as far as the page shows it. */
export type VmSummary = Required<Pick<api.VmSummary, Shown>>;

/** A VM by itself; it has `lanes` if policies run beside it. */
export type WireVm = Required<Pick<api.Vm, Shown>> & Pick<api.Vm, 'lanes' | 'trace'>;

/** The configuration that the page sends to create a VM; the server fills in the rest. */
export type NewVm = Omit<api.VmCreation, 'lanes'>;

/** The part of `GET /v1/model` that the page uses. */
export type Model = Pick<api.Model, 'kernels' | 'requests' | 'bounds'>;

/** Shadow pages below a root, depth first; only the first of them if there are many. */
export type ShadowPageList = Pick<api.ShadowPageList, 'pages' | 'total'>;

/** The part of `GET /v1/policies` that the page uses. */
export type PolicySummary = Pick<api.Policy, 'name' | 'summary' | 'costBytes'>;

/** The part of `GET /v1/workloads` that the page uses. */
export type WorkloadSummary = Pick<api.Workload, 'name' | 'summary'>;

export type WireCaseFile = z.input<typeof CaseFile>;
export type WireExcerpt = z.input<typeof Excerpt>;
export type WireJob = z.input<typeof JobBody>;
/** A job without its result, and a page of them. */
export type JobSummary = api.JobSummary;
export type JobPage = api.JobPage;
export type RaceJob = Extract<WireJob, { kind: 'race' }>;
export type SweepJob = Extract<WireJob, { kind: 'sweep' }>;
export type TraceJob = Extract<WireJob, { kind: 'trace' }>;
export type WireVerdict = NonNullable<TraceJob['result']>;
export type WireTracedVm = WireVerdict['vms'][number];
export type ShrinkJob = Extract<WireJob, { kind: 'shrink' }>;
export type WireShrunk = NonNullable<ShrinkJob['result']>;
export type ShrinkOrder = z.input<typeof ShrinkRequest>;
/** A command of a VM that is from a trace, and a VM that was made of one. */
export type TracedCommand = api.TracedCommands['commands'][number];
export type TracedVmMade = api.TracedVmMade;
export type { ReportName } from '../../src/server/jobs/trace-reports.js';
export type ExplorationOrder = z.input<typeof ExplorationRequest>;
export type WireExplored = NonNullable<Extract<WireJob, { kind: 'exploration' }>['result']>;
export type WireCounterexample = WireExplored['counterexamples'][number];
export type WireSweep = NonNullable<SweepJob['result']>;
export type SweepOrder = z.input<typeof SweepRequest>;
export type WireRace = NonNullable<RaceJob['result']>;
export type WireLane = WireRace['lanes'][number];
export type WireParting = WireRace['partings'][number];
/** A price list in short, and whole. */
export type PriceListHead = api.PriceLists['priceLists'][number];
export type PriceFile = z.input<typeof PriceFileSchema>;

export type RaceOrder = z.input<typeof RaceRequest>;

export type CommandFrame = Readonly<z.input<typeof frames.CommandFrame>>;
export type EventFrame = Readonly<z.input<typeof frames.EventFrame>>;

export type RewoundFrame = Readonly<z.input<typeof frames.RewoundFrame>>;

/** A frame of the stream of a VM. */
export type StreamFrame = Readonly<z.input<typeof frames.StreamFrame>>;
