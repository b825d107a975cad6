import { z } from 'zod';

/** Places from which a setting can come, the weightiest first; behind them stands its default. */
export const PLACES = ['flag', 'environment', 'file'] as const;
export type Place = (typeof PLACES)[number];

/** Text about a setting, for people; type, range and default are in its schema. */
export interface About {
  /** A phrase on what it is for. */
  readonly meaning: string;
  /** The unit of a number, or what a text is. It stands in the help behind the flag. */
  readonly unit: string;
  /** Heading of the help under which it stands. */
  readonly heading: string;
  /** Form of a value that is neither a number nor one of a list: `a name without a port`. */
  readonly form?: string;
  /** Default as the help tells it, where the schema has none or none that is alike everywhere. */
  readonly fallback?: string;
  /** A variable without `MMULAB_` that is taken as well, behind the setting's own. */
  readonly commonVariable?: string;
  /** Places that may set it; all of them if it is not said. */
  readonly places?: readonly Place[];
  /** Whether it is told nowhere. */
  readonly isSecret?: boolean;
}

const ABOUT = z.registry<About>();

/** A schema of a value with what is to be told of it. */
export function setting<T extends z.ZodType>(schema: T, about: About): T {
  ABOUT.add(schema, about);
  return schema;
}

/** @throws {Error} If the schema is not one of `setting()`. */
export function aboutOf(schema: z.ZodType): About {
  const about = ABOUT.get(schema);
  if (about === undefined) throw new Error('Cannot tell of a setting: nothing is said about it');
  return about;
}

/** Nouns of the units of numbers, where the unit is not the noun. */
const NOUNS: Readonly<Record<string, string>> = {
  bytes: 'number of bytes',
  days: 'number of days',
  ms: 'number of milliseconds',
  seconds: 'number of seconds',
};

/** Type, range and default of a value, as JSON Schema has them. */
export interface Shape {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array';
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
}

export function shapeOf(schema: z.ZodType): Shape {
  return z.toJSONSchema(schema, { io: 'input' }) as unknown as Shape;
}

/** Words for what a value has to be: `a port from 0 to 65535`. */
export function formOf(schema: z.ZodType): string {
  const { form, unit } = aboutOf(schema);
  if (form !== undefined) return form;
  const { enum: names, type, minimum, maximum } = shapeOf(schema);
  if (names !== undefined) return `one of ${names.join(', ')}`;
  if (type === 'boolean') return 'true or false';
  return `a ${NOUNS[unit] ?? unit} from ${minimum} to ${maximum}`;
}
