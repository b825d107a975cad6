import { type Command, Option } from 'commander';
import { aboutOf, shapeOf } from './about.js';
import { Configuration, SETTING_NAMES, type SettingName, TIMER_MS_MAX } from './configuration.js';
import { flagOf, variableOf } from './names.js';

/** Adds the flags of settings to a command, whose help then tells of them. @param names All of them by default. */
export function addSettings(
  command: Command,
  names: readonly SettingName[] = SETTING_NAMES,
): Command {
  for (const name of names) {
    const { unit, places, heading } = aboutOf(Configuration.shape[name]);
    if (places?.includes('flag') === false) continue;
    const flag = unit === '' ? flagOf(name) : `${flagOf(name)} <${unit}>`;
    command.addOption(new Option(flag, helpOf(name)).helpGroup(heading));
  }
  const secrets = names.filter((name) => aboutOf(Configuration.shape[name]).isSecret === true);
  if (secrets.length === 0) return command;
  const rows = secrets.map(
    (name) => `  ${variableOf(name).padEnd(20)}  ${aboutOf(Configuration.shape[name]).meaning}`,
  );
  return command.addHelpText('after', `\nBy the environment alone:\n${rows.join('\n')}`);
}

/** Meaning, range, default and variables. */
function helpOf(name: SettingName): string {
  const schema = Configuration.shape[name];
  const { meaning, fallback, commonVariable } = aboutOf(schema);
  const { enum: names, minimum, maximum, default: value } = shapeOf(schema);
  const range = names?.join(', ') ?? rangeOf(minimum, maximum);
  const told = fallback ?? (typeof value === 'number' || typeof value === 'string' ? value : '');
  const variables = [variableOf(name), commonVariable].filter((one) => one !== undefined);
  const facts = [range, told === '' ? '' : `default ${told}`, variables.join(', ')];
  return `${meaning} (${facts.filter((fact) => fact !== '').join('; ')})`;
}

/** A range; only its beginning where no machine comes near the end. */
function rangeOf(from: number | undefined, to = 0): string {
  if (from === undefined) return '';
  return to < TIMER_MS_MAX ? `${from} to ${to}` : `from ${from}`;
}
