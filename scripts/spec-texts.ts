import { readFileSync } from 'node:fs';

const SPEC = new URL('../spec/', import.meta.url);

/** A bounded root-cache machine, as the specification takes it. */
export interface SpecConfiguration {
  /** Name of a policy in `spec/policies.json`. */
  readonly policy: string;
  readonly slots: number;
  readonly spaces: number;
}

/** The specification in Promela, with the constants of a machine before it. */
export function promelaOf(configuration: SpecConfiguration): string {
  const defined = constantsOf(configuration).map(([name, value]) => `#define ${name} ${value}\n`);
  return defined.join('') + textOf('root-cache.pml');
}

/** The specification in Murphi, with the constants of a machine in place of its own. */
export function murphiOf(configuration: SpecConfiguration): string {
  const given = constantsOf(configuration).map(([name, value]) => `  ${name}: ${value};\n`);
  const marks = /( *-- <constants>\n)[\s\S]*?( *-- <\/constants>)/;
  return textOf('root-cache.m').replace(marks, `$1${given.join('')}$2`);
}

function constantsOf({ policy, slots, spaces }: SpecConfiguration): [string, number][] {
  const policies: Readonly<Record<string, Readonly<Record<string, number>>>> = JSON.parse(
    textOf('policies.json'),
  );
  return Object.entries({ SPACES: spaces, PREV: slots, ...policies[policy] });
}

function textOf(name: string): string {
  return readFileSync(new URL(name, SPEC), 'utf8');
}
