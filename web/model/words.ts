import type { CommandFrame, WireEvent, WireEventOf, WireOutcome } from '../api/wire.js';

/** What happened, in KVM's words, without the kind. */
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
    case 'vm-exit':
      return `${event.from} to ${event.to} ${event.name} qualification ${event.qualification}`;
    case 'vm-entered':
      return event.root === null ? event.guest : `${event.guest} root ${event.root}`;
    case 'fault-injected':
      return faultOf(event.vector, event.errorCode);
    case 'vm-fail':
      return vmFailOf(event.error);
  }
}

/** A command's operands; those that keep their default say nothing and are left out. */
export function operandsOf({ command }: CommandFrame): string {
  const words: string[] = [];
  for (const [name, value] of Object.entries(command)) {
    if (name === 'kind' || name === 'vcpu' || value === null || value === undefined) continue;
    if (name === 'gpr' && value === 0) continue;
    if (name === 'encoding' && value === 'memory') continue;
    words.push(name === 'value' ? text(value) : `${name} ${text(value)}`);
  }
  return words.join(' ');
}

/** How a command ended, as short as it can be said. */
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
    case 'error':
      return `-${outcome.errno}`;
    case 'shutdown':
      return 'shutdown';
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
