import { createHash } from 'node:crypto';
import type { Command as Program } from 'commander';
import {
  CERTIFICATE,
  type Certified,
  type Column,
  certifiedNameOf,
  specGraphOf,
  tableLines,
} from '../lab/index.js';
import { VERSION } from '../server/wire/version.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { startProgress } from './progress.js';
import type { Terminal } from './terminal.js';
import { listOf } from './value-lists.js';
import { WrongUse } from './wrong-use.js';

interface CertifyOptions {
  readonly only: string;
  readonly json?: true;
  readonly edges?: string;
}

/** A machine of the certificate, and the graph that the model has of it here and now. */
interface Made {
  readonly machine: Certified;
  readonly found: Pick<Certified, 'states' | 'edges' | 'digest'>;
}

const NAMES = CERTIFICATE.machines.map(certifiedNameOf);

/** `mmulab certify`: makes the certificate again. */
export function registerCertify(program: Program, terminal: Terminal): void {
  program
    .command('certify')
    .description('make the graphs again that two model checkers agree on, and compare digests')
    .option('--only <names>', 'machines, comma-separated, as POLICY:SLOTS:SPACES', 'all')
    .option('--json', 'print the certificate as JSON, with what was found')
    .option('--edges <name>', 'print the sorted edges of one machine, as the checkers find them')
    .action(({ edges, ...options }: CertifyOptions) => {
      if (edges === undefined) terminal.exitCode = certify(options, terminal);
      else terminal.stdout.write(`${edgesOf(edges).join('\n')}\n`);
    });
}

function certify({ only, json }: CertifyOptions, terminal: Terminal): ExitCode {
  const machines = machinesOf('Cannot certify', only);
  const total = machines.reduce((sum, { edges }) => sum + edges, 0);
  const progress = startProgress(terminal, { what: 'certify', total });
  let done = 0;
  const made = machines.map((machine): Made => {
    progress.update(done);
    const { states, edges } = specGraphOf(machine);
    done += machine.edges;
    return { machine, found: { states, edges: edges.length, digest: digestOf(edges) } };
  });
  progress.stop();
  terminal.stdout.write(json === true ? jsonOf(made) : textOf(made));
  return made.every(isTheSame) ? EXIT.done : EXIT.objected;
}

function machinesOf(refused: string, text: string): Certified[] {
  const names = listOf(refused, 'machine', text, NAMES);
  return CERTIFICATE.machines.filter((machine) => names.includes(certifiedNameOf(machine)));
}

/** @throws {WrongUse} If it is not the name of one machine. */
function edgesOf(name: string): readonly string[] {
  const refused = 'Cannot print edges';
  const [machine, another] = machinesOf(refused, name);
  if (machine !== undefined && another === undefined) return specGraphOf(machine).edges;
  throw new WrongUse(`${refused}: "${name}" are several machines; name one`);
}

function digestOf(edges: readonly string[]): string {
  return createHash('sha256').update(edges.join('\n')).digest('hex').slice(0, 16);
}

function isTheSame({ machine, found }: Made): boolean {
  const { states, edges, digest } = machine;
  return found.states === states && found.edges === edges && found.digest === digest;
}

const COLUMNS: readonly Column<Made>[] = [
  { head: 'machine', isText: true, of: ({ machine }) => certifiedNameOf(machine) },
  { head: 'states', of: ({ found }) => String(found.states) },
  { head: 'edges', of: ({ found }) => String(found.edges) },
  { head: 'digest', isText: true, of: ({ found }) => found.digest },
  { head: 'certified', isText: true, of: (made) => (isTheSame(made) ? 'the same' : otherIn(made)) },
];

function otherIn({ machine: { states, edges, digest } }: Made): string {
  return `OTHERWISE: ${states} states, ${edges} edges, ${digest}`;
}

function textOf(made: readonly Made[]): string {
  const same = made.filter(isTheSame).length;
  const by = CERTIFICATE.checkers.map(({ name, version }) => `${name} ${version}`).join(' and ');
  const closing = `${same} of ${made.length} graphs are those that ${by} found`;
  return `${[...tableLines(COLUMNS, made), closing].join('\n')}\n`;
}

function jsonOf(made: readonly Made[]): string {
  const machines = made.map((one) => ({ ...one.machine, found: one.found, same: isTheSame(one) }));
  return `${JSON.stringify({ mmulab: VERSION, ...CERTIFICATE, machines }, null, 2)}\n`;
}
