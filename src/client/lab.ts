import type {
  AllowedDump,
  Applied,
  BatchResult,
  CaseAnswer,
  CaseFile,
  Command,
  Diff,
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
  TlbDump,
  Until,
  VcpuState,
  Verified,
  Vm,
  VmCreation,
  VmPage,
  WaitAnswer,
  WalkDump,
} from './api.js';

/**
 * A place for VMs: in this process, or on a server. Values are as the wire has them, addresses and
 * registers in lower-case hex; what is refused throws a {@link LabError}, with the same code in
 * both.
 */
export interface Lab {
  createVm(config?: VmCreation): Promise<LabVm>;
  /** The VM of an id. Nothing is asked yet: what it is asked tells whether there is one. */
  vm(id: string): LabVm;
  listVms(options?: VmSelection & PageOptions): Promise<VmPage>;
  /** Deletes all VMs of a tag or name. @returns How many they were. */
  deleteVms(selection: VmSelection): Promise<number>;
  /** How two VMs differ, now or at moments that are kept. */
  diff(moments: TwoMoments): Promise<Diff>;
  /** Plays a case on a new VM, and tells whether what it promises came of it. */
  play(file: CaseFile): Promise<CaseAnswer>;
  policies(): Promise<Policy[]>;
  model(): Promise<Model>;
  /** Ends what is under way. VMs of this process go; those of a server stay. */
  close(): Promise<void>;
}

/** A VM of a {@link Lab}. */
export interface LabVm {
  readonly id: string;
  /** What it was made from, and where it stands. */
  read(): Promise<Vm>;
  relabel(patch: LabelsPatch): Promise<Vm>;
  delete(): Promise<void>;

  /** Applies a command. A guest's own fault is an outcome, not an error. */
  run(command: Command, options?: { readonly dryRun?: boolean }): Promise<Applied>;
  /** Applies commands in order, until one is refused: that one is told by the error. */
  runAll(commands: readonly Command[], options?: BatchOptions): Promise<BatchResult[]>;

  /** Registers, MMUs, roots, requests and counters of a vCPU; the first, unless told otherwise. */
  vcpu(index?: number): Promise<VcpuState>;
  vcpus(): Promise<VcpuState[]>;
  tlb(options?: VcpuOption & PageOptions): Promise<TlbDump>;
  walk(options: VcpuOption & WalkOptions): Promise<WalkDump>;
  /** What flushes, syncs and frees turned out to be worth. */
  ledger(): Promise<LedgerDump>;
  /** Where an address may lead by the architecture. */
  allowed(options: VcpuOption & { gva: string }): Promise<AllowedDump>;
  /** Why a switch to a pgd would find a cached root or not, slot by slot. */
  explain(options: VcpuOption & { pgd: string; mmu?: MmuName }): Promise<LookupDump>;
  shadowPages(options?: PageOptions & { gfn?: number; root?: string }): Promise<ShadowPageList>;
  shadowPage(hpa: string): Promise<ShadowPageDump>;
  memory(options?: { gpa?: string; bytes?: number }): Promise<MemoryDump>;

  /** A part of the history: the commands, and what the MMU did. */
  history(options?: HistoryOptions): Promise<HistoryPage>;
  /**
   * The history as it goes on, until the VM is deleted or the lab closes. Without `after` it begins
   * when the loop does. What is no longer kept is told by a `gap`; behind a lost connection, go on
   * with `after` of the last frame.
   */
  events(options?: EventsOptions): AsyncIterableIterator<HistoryFrame | GapFrame>;
  /** Waits until something happens, or at most so long: then `met` is false. */
  wait(until: Until, options?: WaitOptions): Promise<WaitAnswer>;
  /** Compares what the VM did, and its state, with what is expected. */
  verify(expect: readonly Expectation[], options?: VerifyOptions): Promise<Verified>;

  /** Back to what it was made from. */
  reset(): Promise<RewoundFrame>;
  /** A new VM in the state of this one, now or at `seq`; with changes, under its own rules. */
  fork(changes?: ForkBody): Promise<LabVm>;
  snapshot(name: string): Promise<Snapshot>;
  snapshots(): Promise<Snapshot[]>;
  restore(name: string): Promise<RewoundFrame>;
  deleteSnapshot(name: string): Promise<void>;
  /** What changed since a moment. */
  diff(options: { from: number; to?: number; limit?: number }): Promise<Diff>;
  /** A name for a state: equal states have equal ones. */
  digest(seq?: number): Promise<StateDigest>;
  /** A file that shows anyone what the VM did. */
  case(): Promise<CaseFile>;
}

/** Which VMs are meant: those with all of these tags, `key:value`, and of this name. */
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
  /** All or nothing. */
  readonly atomic?: boolean;
  /** The answers as they would be; nothing changes. */
  readonly dryRun?: boolean;
}

export interface VcpuOption {
  /** 0, unless told otherwise. */
  readonly vcpu?: number;
}

/** A linear address, or a guest-physical one of L2 and the EPT that leads on from it. */
export interface WalkOptions {
  readonly gva?: string;
  readonly gpa?: string;
  readonly eptp?: string;
}

/** What is wanted of a history: each field narrows it. */
export interface EventFilter {
  /** Kinds of events; `command` and `rewound` for what is none. */
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
  /** History behind this sequence number; else from the first. */
  readonly after?: number;
  /** Up to this one; else to the newest. */
  readonly through?: number;
}
