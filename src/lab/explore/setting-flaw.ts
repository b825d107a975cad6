import type { Limits } from './limits.js';
import type { Setting } from './machine.js';

/** A search that cannot be made, with the reason. */
export class ExplorationRefused extends Error {
  override readonly name = 'ExplorationRefused';
}

/** Commands of an alphabet: an index of them takes two bytes wherever it is kept. */
export const ALPHABET_MAX = 1024;

/** @throws {ExplorationRefused} If nothing could come of a search. */
export function checkSetting({ config, alphabet, properties }: Setting, limits: Limits): void {
  const refuse = (why: string): never => {
    throw new ExplorationRefused(`Cannot explore: ${why}`);
  };
  if (alphabet.length === 0) refuse('the alphabet has no command');
  if (alphabet.length > ALPHABET_MAX) {
    refuse(`the alphabet has ${alphabet.length} commands, more than ${ALPHABET_MAX}`);
  }
  const stray = alphabet.find(({ vcpu }) => vcpu >= config.vcpus);
  if (stray !== undefined) {
    refuse(`"${stray.kind}" is for vCPU ${stray.vcpu}, and there are ${config.vcpus}`);
  }
  const names = properties.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) refuse(`property "${twice}" is asked for twice`);
  for (const [name, limit] of Object.entries(limits)) {
    if (!(limit >= 1)) refuse(`at most ${limit} ${name}: nothing would be seen`);
  }
}
