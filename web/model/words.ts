import type {
  CommandFrame,
  WireCommand,
  WireEvent,
  WireEventOf,
  WireOutcome,
  WireRights,
} from '../api/wire.js';

/** Details of an event in KVM's words, without its kind. */
export function detailsOf(event: WireEvent): string {
  switch (event.kind) {
    case 'root-reused':
      return `${event.mmu}_mmu ${event.slot} ${rootOf(event)}`;
    case 'root-missed':
      return `${event.mmu}_mmu pgd ${event.pgd}`;
    case 'root-allocated':
      return `${event.mmu}_mmu ${rootOf(event)} level ${event.level} ${event.page}`;
    case 'root-evicted':
    case 'root-synced':
      return `${event.mmu}_mmu ${rootOf(event)}`;
    case 'root-freed':
    case 'root-marked-unsync':
      return `${event.mmu}_mmu ${event.slot} ${rootOf(event)} by ${event.cause}`;
    case 'request-made':
    case 'request-serviced':
      return `KVM_REQ_${event.request}`;
    case 'tlb-flushed':
      return flushOf(event);
    case 'page-allocated':
      return `${pageOf(event)} role ${event.role}`;
    case 'page-zapped':
      return `${pageOf(event)} root_count ${event.rootCount}`;
    case 'page-unsynced':
    case 'page-synced':
      return `hpa ${event.hpa} gfn ${hex(event.gfn)}`;
    case 'page-fault':
      return `address ${event.address} error_code ${hex(event.errorCode)}`;
    case 'access':
      return accessOf(event);
    case 'vm-exit':
      return `${event.from} to ${event.to} ${event.name} qualification ${event.qualification}`;
    case 'vm-entered':
      return event.root === null ? event.guest : `${event.guest} root ${event.root}`;
    case 'fault-injected':
      return faultOf(event.vector, event.errorCode);
    case 'vm-fail':
      return vmFailOf(event.error);
    case 'violation':
      return event.message;
    default:
      return fieldsOf(event satisfies never);
  }
}

/** Details of an event that a newer server tells of, and this page does not know. */
function fieldsOf(event: object): string {
  const fields = Object.entries(event).filter(([name]) => name !== 'kind');
  return fields.map(([name, value]) => `${name} ${text(value)}`).join(' ');
}

/** Defaults of operands, which are not shown. */
const USUAL: Readonly<Record<string, unknown>> = {
  gpr: 0,
  encoding: 'memory',
  bytes: 8,
  ac: false,
  format: 'paging',
  pages: 1,
  pageSize: '4k',
  write: true,
  execute: true,
  global: false,
  accessedDirty: true,
};

/** Operands of a command, without those that have their default. */
export function operandsOf({ command }: CommandFrame): string {
  return operandsIn(command);
}

/** Operands of a command that is not in a frame. */
export function operandsIn(command: WireCommand): string {
  const words: string[] = [];
  for (const [name, value] of Object.entries(command)) {
    if (name === 'kind' || name === 'vcpu' || value === null || value === undefined) continue;
    if (value === USUAL[name] || (name === 'user' && value === (command.kind === 'map'))) continue;
    words.push(name === 'value' ? text(value) : `${name} ${text(value)}`);
  }
  return words.join(' ');
}

/** Outcome of a command, as short as possible. */
export function outcomeOf(outcome: WireOutcome): string {
  switch (outcome.kind) {
    case 'ok':
      return outcome.value === undefined ? 'ok' : `ok ${outcome.value}`;
    case 'fault':
      return faultOf(outcome.vector, outcome.errorCode);
    case 'vm-fail':
      return vmFailOf(outcome.error);
    case 'vm-exit':
      return `VM exit ${outcome.reason & 0xffff}`;
    case 'mmio':
      return `MMIO ${outcome.gpa}`;
    case 'error':
      return `-${outcome.errno}`;
    case 'shutdown':
      return 'shutdown';
    default:
      return text(outcome satisfies never);
  }
}

function rootOf({ pgd, hpa }: { readonly pgd: string; readonly hpa: string }): string {
  return `pgd ${pgd} hpa ${hpa}`;
}

function pageOf({ hpa, gfn, level }: WireEventOf<'page-allocated' | 'page-zapped'>): string {
  return `hpa ${hpa} gfn ${hex(gfn)} level ${level}`;
}

function flushOf(event: WireEventOf<'tlb-flushed'>): string {
  const tags = [
    event.vpid === null ? '' : `vpid ${event.vpid}`,
    event.pcid === null ? '' : `pcid ${event.pcid}`,
    event.root === null ? '' : `root ${event.root}`,
    event.address === null ? '' : `address ${event.address}`,
  ];
  return [event.scope, ...tags, `by ${event.by}`].filter((word) => word !== '').join(' ');
}

function accessOf({ access, gva, gpa, value, by }: WireEventOf<'access'>): string {
  const shown = value === null ? '' : ` ${value}`;
  return `${access} ${gva} at gpa ${gpa}${shown} by ${by}`;
}

function faultOf(vector: string, errorCode: number | null): string {
  return errorCode === null ? vector : `${vector}(${errorCode})`;
}

function vmFailOf(error: number | null): string {
  return error === null ? 'VMfailInvalid' : `VMfailValid(${error})`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function text(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Rights as letters, with a dash for a missing one: `rw-u`. EPT has no right of the user. */
export function rightsText({ read, write, execute, user }: WireRights): string {
  const letters = [read ? 'r' : '-', write ? 'w' : '-', execute ? 'x' : '-'];
  return `${letters.join('')}${user === null ? '' : user ? 'u' : '-'}`;
}
