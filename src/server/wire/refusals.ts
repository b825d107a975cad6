import { type ErrorCode, statusOf } from './errors.js';
import { Problem } from './problem.js';

const REFUSED_ANYWHERE = [
  'invalid-request',
  'host-refused',
  'target-too-long',
  'rate-limited',
  'internal',
  'not-ready',
  'overloaded',
  'journal-failed',
] as const;

const REFUSED_WITHOUT_TOKEN = ['token-required', 'token-refused'] as const;

type Codes = readonly ErrorCode[];

/** Refusals of a request that has a body. */
export const WITH_BODY = [
  'malformed-json',
  'origin-refused',
  'body-too-large',
  'unsupported-media-type',
] as const satisfies Codes;

/** Refusals of a request that changes something. */
export const CHANGING = ['origin-refused', 'scope-insufficient'] as const satisfies Codes;

/** Refusals of a request about a vCPU of a VM. */
export const OF_VCPU = ['vm-not-found', 'vcpu-not-found'] as const satisfies Codes;

/** Refusals of a request about a VM at a moment. */
export const OF_MOMENT = ['vm-not-found', 'events-expired'] as const satisfies Codes;

/** Refusals of a request about a vCPU at a moment. */
export const OF_PAST_VCPU = [...OF_VCPU, 'events-expired'] as const satisfies Codes;

/** Refusals of a request that has a VM run commands. */
export const RUNNING = ['command-refused', 'vm-poisoned'] as const satisfies Codes;

/** Refusals of a request that makes a VM, for want of room. */
export const MAKING_VM = [
  'vm-limit-reached',
  'vcpu-limit-reached',
  'memory-limit-reached',
] as const satisfies Codes;

/** A refusal as the schema of a route has it. */
export interface Refusal {
  readonly description: string;
  readonly content: { readonly 'application/problem+json': { readonly schema: typeof Problem } };
}

/**
 * Refusals of a route by status, for its schema. Every route may refuse a request for its form, its
 * host, a missing token, its client's rate and the server's load, for an error of ours, and while
 * the server closes.
 *
 * @param more Codes beyond those; a code may come more than once.
 */
export function refusals(...more: Codes): Readonly<Record<string, Refusal>> {
  return refusalsForAll(...REFUSED_WITHOUT_TOKEN, ...more);
}

/** The same for a route that is answered without a token. */
export function refusalsForAll(...more: Codes): Readonly<Record<string, Refusal>> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set([...REFUSED_ANYWHERE, ...more])) {
    byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code]);
  }
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, refusalFor(codes)]));
}

/** Codes of a refusal. */
export function codesOf({ description }: Pick<Refusal, 'description'>): string[] {
  return [...description.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/**
 * Whether a refusal is none of a route's own: a missing token, another host, a target that is too
 * long, the client's rate, an error of ours, a server that is busy or closes. The form of a request
 * is the route's own affair.
 */
export function isOfAnyRequest(response: Pick<Refusal, 'description'>): boolean {
  const codes: readonly string[] = codesOf(response);
  return codes.length > 0 && codes.every((code) => OF_ANY_REQUEST.includes(code));
}

const OF_ANY_REQUEST: readonly string[] = [
  ...REFUSED_WITHOUT_TOKEN,
  ...(['host-refused', 'target-too-long', 'rate-limited'] satisfies Codes),
  ...(['internal', 'not-ready', 'overloaded', 'journal-failed'] satisfies Codes),
];

/** Codes of a refusal beyond those of every route, by which it is told from others; else all. */
export function tellingCodesOf(refusal: Pick<Refusal, 'description'>): string[] {
  const codes = codesOf(refusal);
  const anywhere: readonly string[] = REFUSED_ANYWHERE;
  const telling = codes.filter((code) => !anywhere.includes(code));
  return telling.length === 0 ? codes : telling;
}

function refusalFor(codes: Codes): Refusal {
  return {
    description: `Refused: ${codes.map((code) => `\`${code}\``).join(', ')}.`,
    content: { 'application/problem+json': { schema: Problem } },
  };
}
