import { aboutOf } from './about.js';
import { Configuration, SETTING_NAMES, type SettingName } from './configuration.js';

const VARIABLE_PREFIX = 'MMULAB_';

/** `--log-level`. */
export function flagOf(name: SettingName): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `MMULAB_LOG_LEVEL`. */
export function variableOf(name: SettingName): string {
  return `${VARIABLE_PREFIX}${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** Variables that begin like those of settings and belong to others: clients find the server by it. */
const OTHERS: readonly string[] = ['MMULAB_URL'];

const VARIABLES: readonly string[] = SETTING_NAMES.filter(
  (name) => aboutOf(Configuration.shape[name]).places?.includes('environment') !== false,
).map(variableOf);

/** Variables that look like settings and are none. */
export function strangersIn(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.keys(env).filter(
    (name) =>
      name.startsWith(VARIABLE_PREFIX) && !VARIABLES.includes(name) && !OTHERS.includes(name),
  );
}
