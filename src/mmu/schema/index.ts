export { AllowedState, TRANSLATIONS_MAX } from './allowed-state.js';
export { type BodyOf, Command, type CommandInput, type CommandOf } from './command.js';
export { VCPUS_PER_VM_MAX, VcpuIndex } from './command-fields.js';
export type { CommandSpec } from './command-spec.js';
export { COMMAND_KINDS, COMMANDS, type CommandKind } from './commands.js';
export {
  DefectName,
  KernelName,
  MemoryWord,
  MMU_PAGES_MAX,
  PolicyName,
  TLB_ENTRIES_MAX,
  VmConfig,
  type VmConfigInput,
} from './config.js';
export { withConfigChanges } from './config-changes.js';
export { DEFECT_NAMES, DEFECTS_MAX } from './defect-names.js';
export { Difference } from './difference.js';
export {
  EVENT_KINDS,
  MmuEvent,
  type MmuEventKind,
  type MmuEventOf,
  numberedEvent,
  RootCause,
} from './event.js';
export { Hex32, Hex64, Operand64, PhysicalAddress } from './hex.js';
export { LedgerState } from './ledger-state.js';
export { LookupState } from './lookup-state.js';
export { MAP_PAGES_MAX, MEMSLOTS_MAX } from './memory.js';
export { MemoryState } from './memory-state.js';
export { CURRENT, MmuName, PREV_ROOTS_MAX, Slot } from './names.js';
export { Outcome } from './outcome.js';
export { RequestName } from './request.js';
export { Rights } from './rights.js';
export { EVENT_SEVERITY, OUTCOME_SEVERITY, SEVERITIES, Severity } from './severity.js';
export { PARENTS_SHOWN_MAX, ShadowPageState, SpteState } from './shadow-state.js';
export { objection, textLike } from './text.js';
export { TlbContextState, TlbState } from './tlb-state.js';
export { OracleState, VcpuState } from './vcpu-state.js';
export { ALLOWED_MAX, described, type SeqOf } from './violation.js';
export { WalkState } from './walk-state.js';
export { createJsonWriter, type JsonWriter, requiredFirst } from './wire.js';
