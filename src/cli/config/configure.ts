import { isLoopback, REMOTE_REQUESTS_PER_SECOND_MAX } from '../../server/index.js';
import type { Terminal } from '../terminal.js';
import { WrongUse } from '../wrong-use.js';
import { aboutOf, formOf, PLACES, type Place } from './about.js';
import { Configuration, SETTING_NAMES, type SettingName } from './configuration.js';
import { fromEnvironment, fromFile, fromFlags, type Given, type GivenSettings } from './sources.js';

/** Settings that are in force, and where each of them came from. */
export interface Configured {
  readonly values: Omit<Configuration, 'clientRequestsPerSecond' | 'vmKeptSeconds'> & {
    /** Null for no bound. */
    readonly clientRequestsPerSecond: number | null;
    /** Null for ever. */
    readonly vmKeptSeconds: number | null;
  };
  /** The weightiest place that has set it; null for a default. */
  readonly origins: Readonly<Record<SettingName, Given | null>>;
}

/**
 * Finds the settings that are in force: a flag goes before the environment, that before the file of
 * `--config`, and that before the default. A value that another one outweighs is checked as well.
 *
 * @param options Options of the command line as texts, by the names of settings.
 * @param task The task that needs them, as a refusal begins: `Cannot serve`.
 * @throws {WrongUse} If a value is wrong or a file has a name that is no setting.
 */
export async function configure(
  options: Readonly<Record<string, unknown>>,
  task: string,
  terminal: Terminal,
): Promise<Configured> {
  const flags = fromFlags(options);
  const environment = fromEnvironment(terminal.env);
  const file = (flags.config ?? environment.config)?.value;
  const given: Record<Place, GivenSettings> = {
    flag: flags,
    environment,
    file: typeof file === 'string' ? await fromFile(file, task, terminal) : {},
  };
  const origins = Object.fromEntries(
    SETTING_NAMES.map((name) => {
      const found = PLACES.flatMap((place) => given[place][name] ?? []);
      for (const one of found) check(name, one, task);
      return [name, found[0] ?? null];
    }),
  ) as Configured['origins'];
  const set = SETTING_NAMES.flatMap((name) => {
    const one = origins[name];
    return one === null ? [] : [[name, one.value]];
  });
  const values = Configuration.parse(Object.fromEntries(set));
  const {
    host,
    clientRequestsPerSecond = isLoopback(host) ? null : REMOTE_REQUESTS_PER_SECOND_MAX,
  } = values;
  const { vmKeptSeconds = null } = values;
  return { values: { ...values, clientRequestsPerSecond, vmKeptSeconds }, origins };
}

/** @throws {WrongUse} */
function check(name: SettingName, { value, where, place }: Given, task: string): void {
  const schema = Configuration.shape[name];
  const { error } = schema.safeParse(value);
  if (error === undefined) return;
  const [at] = error.issues[0]?.path ?? [];
  const wrong = typeof at === 'number' && Array.isArray(value) ? value[at] : value;
  // A number of the command line was a text there.
  const told = JSON.stringify(place === 'file' ? wrong : String(wrong));
  throw new WrongUse(`${task}: ${where} ${told} is not ${formOf(schema)}`);
}

/** Whether one setting was set at a weightier place than another. */
export function outweighs(one: Given | null, other: Given | null): boolean {
  const rankOf = (given: Given | null) =>
    given === null ? PLACES.length : PLACES.indexOf(given.place);
  return rankOf(one) < rankOf(other);
}

/** The settings that are in force as JSON, each with where it came from; of a secret only that. */
export function describeConfigured({ values, origins }: Configured): string {
  const rows = SETTING_NAMES.map((name) => {
    const from = origins[name]?.from ?? 'default';
    const { isSecret = false } = aboutOf(Configuration.shape[name]);
    const value = isSecret ? { isSet: origins[name] !== null } : { value: values[name] ?? null };
    return [name, { ...value, from }];
  });
  return `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`;
}
