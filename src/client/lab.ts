import type {
  AllowedDump,
  Applied,
  BatchResult,
  CaseAnswer,
  CaseFile,
  Command,
  Coverage,
  Diff,
  Excerpt,
  Expectation,
  ForkBody,
  GapFrame,
  HistoryFrame,
  HistoryPage,
  LabelsPatch,
  LedgerDump,
  LookupDump,
  MemoryDump,
  MmuName,
  Model,
  Pattern,
  Policy,
  RewoundFrame,
  Severity,
  ShadowPageDump,
  ShadowPageList,
  Snapshot,
  StateDigest,
  Timeline,
  TlbDump,
  Until,
  VcpuState,
  Verified,
  ViolationList,
  Vm,
  VmCreation,
  VmPage,
  WaitAnswer,
  WalkDump,
  Why,
} from './api.js';

/**
 * A place for VMs: in this process, or on a server. Values are as the wire has them, addresses and
 * registers in lower-case hex. A refusal throws a {@link LabError}, with the same code in both.
 */
export interface Lab {
  createVm(config?: VmCreation): Promise<LabVm>;
  /** The VM with this id. Nothing is asked yet: its first call tells whether it exists. */
  vm(id: string): LabVm;
  listVms(options?: VmSelection & PageOptions): Promise<VmPage>;
  /**
   * Deletes all VMs of a tag or name.
   *
   * @returns The number of deleted VMs.
   */
  deleteVms(selection: VmSelection): Promise<number>;
  /** Compares two VMs, now or at moments that are kept. */
  diff(moments: TwoMoments): Promise<Diff>;
  /** Plays a case on a new VM, and compares the result with the one in the case. */
  play(file: CaseFile): Promise<CaseAnswer>;
  policies(): Promise<Policy[]>;
  model(): Promise<Model>;
  /** Ends all calls. VMs of this process are deleted; those of a server stay. */
  close(): Promise<void>;
}

/** A VM of a {@link Lab}. */
export interface LabVm {
  readonly id: string;
  /** Its configuration, labels and present sequence number. */
  read(): Promise<Vm>;
  relabel(patch: LabelsPatch): Promise<Vm>;
  delete(): Promise<void>;

  /** Applies a command. A guest's own fault is an outcome, not an error. */
  run(command: Command, options?: { readonly dryRun?: boolean }): Promise<Applied>;
  /** Applies commands in order, until one is refused; the error tells which. */
  runAll(commands: readonly Command[], options?: BatchOptions): Promise<BatchResult[]>;

  /** Registers, MMUs, roots, requests and counters of a vCPU (default: 0). */
  vcpu(index?: number, options?: AtOption): Promise<VcpuState>;
  vcpus(options?: AtOption): Promise<VcpuState[]>;
  tlb(options?: VcpuOption & PageOptions & AtOption): Promise<TlbDump>;
  walk(options: VcpuOption & WalkOptions & AtOption): Promise<WalkDump>;
  /** The worth of its flushes, syncs and frees. */
  ledger(): Promise<LedgerDump>;
  /** The translations that the architecture allows for an address. */
  allowed(options: VcpuOption & AtOption & { gva: string }): Promise<AllowedDump>;
  /** Explains, slot by slot, why a switch to a pgd would find a cached root or not. */
  explain(options: VcpuOption & AtOption & { pgd: string; mmu?: MmuName }): Promise<LookupDump>;
  shadowPages(
    options?: PageOptions & AtOption & { gfn?: number; root?: string },
  ): Promise<ShadowPageList>;
  shadowPage(hpa: string, options?: AtOption): Promise<ShadowPageDump>;
  memory(options?: AtOption & { gpa?: string; bytes?: number }): Promise<MemoryDump>;

  /** A part of the history: the commands, and what the MMU did. */
  history(options?: HistoryOptions): Promise<HistoryPage>;
  /** Its violations: how many, where, and the first with the frames around them. */
  violations(): Promise<ViolationList>;
  /** The causes of a command or an event, and what else might have been done. */
  why(seq: number): Promise<Why>;
  /**
   * Triples that the VM has run, of all that its machine can come to. The first look starts a search, which
   * is a job: `search.state` says how far it is.
   */
  coverage(options?: CoverageOptions): Promise<Coverage>;
  /** A window of the history, lane by lane, at a zoom. */
  timeline(options?: TimelineOptions): Promise<Timeline>;
  /**
   * The history as it goes on, until the VM is deleted or the lab closes. Without `after` it begins
   * when the loop does. A `gap` tells of records that are no longer kept. After a lost connection,
   * go on with `after` of the last frame.
   */
  events(options?: EventsOptions): AsyncIterableIterator<HistoryFrame | GapFrame>;
  /** Waits until something happens. If the time is up before, `met` is false. */
  wait(until: Until, options?: WaitOptions): Promise<WaitAnswer>;
  /** Compares what the VM did, and its state, with what is expected. */
  verify(expect: readonly Expectation[], options?: VerifyOptions): Promise<Verified>;

  /** Takes the VM back to its configuration. */
  reset(): Promise<RewoundFrame>;
  /** A new VM in the state of this one, now or at `seq`; with changes, under its own rules. */
  fork(changes?: ForkBody): Promise<LabVm>;
  snapshot(name: string): Promise<Snapshot>;
  snapshots(): Promise<Snapshot[]>;
  restore(name: string): Promise<RewoundFrame>;
  deleteSnapshot(name: string): Promise<void>;
  /** Compares the VM with itself at an earlier moment. */
  diff(options: { from: number; to?: number; limit?: number }): Promise<Diff>;
  /** Digest of a state: equal states have equal digests. */
  digest(seq?: number): Promise<StateDigest>;
  /** The life of the VM as a file that anyone can play. */
  case(): Promise<CaseFile>;
  /** The commands around a moment, by default now, and the state before them. */
  excerpt(at?: number): Promise<Excerpt>;
}

/** VMs with all of these tags, `key:value`, and with this name. */
export interface VmSelection {
  readonly tag?: string | readonly string[];
  readonly name?: string;
}

export interface PageOptions {
  /** `next` of the page before. */
  readonly cursor?: string;
  readonly limit?: number;
}

export interface TwoMoments {
  readonly a: string;
  readonly b: string;
  readonly aSeq?: number;
  readonly bSeq?: number;
  readonly limit?: number;
}

export interface BatchOptions {
  /** Each result with its events. */
  readonly events?: boolean;
  /** Applies all commands or none. */
  readonly atomic?: boolean;
  /** Answers as if the commands were applied; nothing changes. */
  readonly dryRun?: boolean;
}

export interface VcpuOption {
  /** Default: 0. */
  readonly vcpu?: number;
}

/** Shows the VM as it was. */
export interface AtOption {
  /** The moment: a `seq` of the past. Default: now. */
  readonly at?: number;
}

/** Triples of a coverage, and the bounds of its search. */
export interface CoverageOptions extends PageOptions {
  readonly only?: 'exercised' | 'missed';
  readonly states?: number;
  readonly depth?: number;
  /** Milliseconds to wait for the end of the search. Default: 0. */
  readonly waitMs?: number;
}

/** A window of a history. */
export interface TimelineOptions {
  readonly from?: number;
  readonly to?: number;
  /** Buckets at most. */
  readonly buckets?: number;
  readonly vcpus?: readonly number[];
}

/** A linear address, or a guest-physical one of L2 and the EPT that leads on from it. */
export interface WalkOptions {
  readonly gva?: string;
  readonly gpa?: string;
  readonly eptp?: string;
}

/** A selection of a history: each field narrows it. */
export interface EventFilter {
  /** Kinds of events, or `command` or `rewound` for those frames. */
  readonly kinds?: NonNullable<Pattern['kind']>;
  readonly vcpus?: readonly number[];
  readonly mmu?: MmuName;
  /** Host-physical addresses of roots and pages. */
  readonly roots?: readonly string[];
  readonly severity?: Severity;
}

export interface HistoryOptions extends EventFilter {
  readonly after?: number;
  readonly limit?: number;
}

export interface EventsOptions extends EventFilter {
  /** Begin behind this sequence number. */
  readonly after?: number;
  /** Ends the loop: it throws the reason. */
  readonly signal?: AbortSignal;
}

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface VerifyOptions {
  /** Only history after this sequence number. Default: 0. */
  readonly after?: number;
  /** Only history up to this one. Default: the newest. */
  readonly through?: number;
}
