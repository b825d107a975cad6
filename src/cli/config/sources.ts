import { isIP } from 'node:net';
import type { z } from 'zod';
import { jsonIn } from '../input.js';
import type { Terminal } from '../terminal.js';
import { WrongUse } from '../wrong-use.js';
import { aboutOf, type Place, shapeOf } from './about.js';
import { Configuration, SETTING_NAMES, type SettingName } from './configuration.js';
import { flagOf, variableOf } from './names.js';

/** A value that somebody has set, and where. */
export interface Given {
  readonly value: unknown;
  readonly place: Place;
  /** Name of the flag, the variable or the file. */
  readonly from: string;
  /** Words before the value in a refusal: `--port`, `lab.json, "port":`. */
  readonly where: string;
}

export type GivenSettings = Partial<Record<SettingName, Given>>;

/** Settings among the options of a command, as the parser of arguments left them: texts. */
export function fromFlags(options: Readonly<Record<string, unknown>>): GivenSettings {
  return collect('flag', (name, schema) => {
    const text = options[name];
    const from = flagOf(name);
    return text === undefined ? null : { from, where: from, value: valueIn(schema, text) };
  });
}

/**
 * Settings among the variables. An empty one counts as not set, except for a token: whoever sets one
 * wants a server that asks for it.
 */
export function fromEnvironment(env: Terminal['env']): GivenSettings {
  return collect('environment', (name, schema) => {
    const { commonVariable, isSecret = false } = aboutOf(schema);
    const variables = [variableOf(name), ...(commonVariable === undefined ? [] : [commonVariable])];
    const from = variables.find(
      (one) => (env[one] || (isSecret && env[one] === '')) && one !== ignoredIn(env),
    );
    if (from === undefined) return null;
    const text = env[from] as string;
    const isList = shapeOf(schema).type === 'array';
    return { from, where: from, value: valueIn(schema, isList ? text.split(',') : text) };
  });
}

/**
 * `HOST`, if it is passed over. It counts only if it is an IP address or `localhost`: some shells and build
 * systems set it to the machine's own name, and a server that took it for an address to listen on
 * would open itself to the network, or refuse to start, for a reason that nobody looks for.
 */
export function ignoredIn({ HOST = '' }: Terminal['env']): 'HOST' | null {
  return HOST !== '' && HOST !== 'localhost' && isIP(HOST) === 0 ? 'HOST' : null;
}

/**
 * Settings of a file, which is one object of JSON.
 *
 * @param task The task that needs it, as a refusal begins: `Cannot serve`.
 * @throws {WrongUse} If it cannot be read, is none, or has a name that is no setting of a file.
 */
export async function fromFile(
  file: string,
  task: string,
  terminal: Terminal,
): Promise<GivenSettings> {
  const values = await jsonIn(file, terminal);
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new WrongUse(`${task}: ${file} is not one object of JSON, as {"port": 3000} is one`);
  }
  const known = SETTING_NAMES.filter((name) => isOf(name, 'file'));
  const stranger = Object.keys(values).find((name) => !known.includes(name as SettingName));
  if (stranger !== undefined) {
    throw new WrongUse(
      `${task}: "${stranger}" in ${file} is no setting of a file; ${hint(stranger)}`,
    );
  }
  return collect('file', (name) => {
    const value = (values as Partial<Record<SettingName, unknown>>)[name];
    return value === undefined ? null : { from: file, where: `${file}, "${name}":`, value };
  });
}

function hint(name: string): string {
  const known = SETTING_NAMES.find((one) => one === name);
  return known === undefined
    ? '"mmulab serve --print-config" lists all'
    : `${variableOf(known)} sets it`;
}

function isOf(name: SettingName, place: Place): boolean {
  return aboutOf(Configuration.shape[name]).places?.includes(place) ?? true;
}

type Found = Omit<Given, 'place'> | null;

function collect(
  place: Place,
  find: (name: SettingName, schema: z.ZodType) => Found,
): GivenSettings {
  const given: GivenSettings = {};
  for (const name of SETTING_NAMES) {
    const found = isOf(name, place) ? find(name, Configuration.shape[name]) : null;
    if (found !== null) given[name] = { ...found, place };
  }
  return given;
}

/** The value that a text stands for; the text itself where it stands for none, which is refused later. */
function valueIn(schema: z.ZodType, text: unknown): unknown {
  const { type } = shapeOf(schema);
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (type !== 'integer' || typeof text !== 'string') return text;
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}
