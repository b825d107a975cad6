import type { CommandInput } from '../../mmu/schema/index.js';
import type { Failing } from './failing.js';

/** Hex that a command or a configuration may hold. */
const HEX = /"(0x[0-9a-f]+)"/g;
/** Frames that addresses are tried at, the simplest first. At 0 tables would lie on each other. */
const FRAMES = ['0x1', '0x2', '0x3', '0x4', '0x5', '0x6', '0x7'];

/** The same without the vCPUs of the end, and with those that are left numbered from 0. */
export function* withFewerVcpus({ config, commands }: Failing): Generator<Failing> {
  const used = [...new Set(commands.map(({ vcpu }) => vcpu))].sort((a, b) => a - b);
  const vcpus = Math.max(1, used.length);
  const renumbered = commands.map((command) => ({ ...command, vcpu: used.indexOf(command.vcpu) }));
  if ((config.vcpus ?? 1) > vcpus) yield { config: { ...config, vcpus }, commands: renumbered };
  if (used.length > 1) {
    // All on one vCPU: a mistake that needs no second one.
    yield {
      config: { ...config, vcpus: 1 },
      commands: commands.map((one) => ({ ...one, vcpu: 0 })),
    };
  }
}

/** The same with one address or value, wherever it stands, replaced by a simpler one. */
export function* withSimplerHex(of: Failing): Generator<Failing> {
  const text = JSON.stringify(of);
  const values = [...new Set([...text.matchAll(HEX)].map((found) => found[1] as string))];
  for (const value of values.sort((a, b) => b.length - a.length)) {
    for (const simpler of simplerThan(value)) {
      if (values.includes(simpler) && simpler !== '0x0') continue;
      yield JSON.parse(text.replaceAll(`"${value}"`, `"${simpler}"`)) as Failing;
    }
  }
}

/** Smaller values, the simplest first. */
function simplerThan(value: string): string[] {
  const isAddress = value.length > '0xfff'.length;
  const simpler = isAddress
    ? [...FRAMES.map((frame) => frame + value.slice(-3)), `${value.slice(0, -3)}000`]
    : ['0x0'];
  return simpler.filter((one) => BigInt(one) < BigInt(value));
}

/** The same without a field that has a default. */
export function* withoutFields({ config, commands }: Failing): Generator<Failing> {
  for (const [index, command] of commands.entries()) {
    for (const field of Object.keys(command)) {
      if (field === 'kind' || field === 'vcpu') continue;
      const { [field]: _, ...rest } = command as Record<string, unknown>;
      const shorter = commands.with(index, rest as unknown as CommandInput);
      yield { config, commands: shorter };
    }
  }
  for (const field of Object.keys(config)) {
    const { [field]: _, ...rest } = config as Record<string, unknown>;
    yield { config: rest as Failing['config'], commands };
  }
}
