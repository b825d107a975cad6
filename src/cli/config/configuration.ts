import { z } from 'zod';
import {
  BOUNDS,
  DEFAULT_LIMITS,
  type Limits,
  REMOTE_REQUESTS_PER_SECOND_MAX,
} from '../../server/index.js';
import { LOG_LEVELS } from '../log.js';
import { setting } from './about.js';

/** The longest time that a timer of Node can wait, in milliseconds. */
export const TIMER_MS_MAX = 2_147_483_647;

/** A million million: no machine has so much of anything that is bounded here. */
const COUNT_MAX = 1_000_000_000_000;

/** More threads than a machine has processors only take memory. */
const SHARD_THREADS_MAX = 256;

const CONNECTIONS = 'Connections:';
const STATE = 'What is kept:';
const TELEMETRY = 'Telemetry:';
const BOUNDED = 'Bounds:';

const text = z.string().min(1);

const origin = z.string().refine((name) => URL.canParse(name) && new URL(name).origin === name);

const httpUrl = z.url({ protocol: /^https?$/ });

const hostName = z.string().regex(/^(?:[^\s:/[\]]+|\[[0-9a-f:.]+\])$/i);

/** Bounds that a server takes from its configuration: all that can be moved, by their own names. */
type BoundSettings = {
  readonly [Name in Exclude<keyof Limits, Unset>]: z.ZodDefault<z.ZodInt>;
};

/** Bounds that are none unless they are set. */
type Unset = 'clientRequestsPerSecond' | 'vmKeptSeconds';

const { clientRequestsPerSecond: _rate, vmKeptSeconds: _age, ...COUNTED } = DEFAULT_LIMITS;

const boundSettings = Object.fromEntries(
  Object.entries(COUNTED).map(([name, value]) => [
    name,
    setting(z.int().min(1).max(maximumOf(name)).default(value), {
      meaning: phraseOf(name),
      unit: unitOf(name),
      heading: BOUNDED,
    }),
  ]),
) as unknown as BoundSettings;

/**
 * The whole configuration of a server: every setting by the name that it has in a file. Its flag is
 * the same in kebab-case (`--log-level`), and its variable in capitals behind `MMULAB_`.
 */
export const Configuration = z.strictObject({
  config: setting(text.optional(), {
    meaning: 'file of settings, as one JSON object',
    unit: 'file',
    heading: CONNECTIONS,
    form: 'the name of a file',
    places: ['flag', 'environment'],
  }),
  host: setting(text.default('127.0.0.1'), {
    meaning: 'address to listen on',
    unit: 'address',
    heading: CONNECTIONS,
    form: 'an address',
    commonVariable: 'HOST',
  }),
  port: setting(z.int().min(0).max(65_535).default(3000), {
    meaning: 'port to listen on; 0 takes a free one',
    unit: 'port',
    heading: CONNECTIONS,
    commonVariable: 'PORT',
  }),
  allowHost: setting(z.array(hostName).default([]), {
    meaning: 'names to answer to as well, when listening on loopback',
    unit: 'name...',
    heading: CONNECTIONS,
    form: 'a name without a port',
  }),
  allowOrigin: setting(z.array(origin).default([]), {
    meaning: 'origins whose pages are served as well',
    unit: 'origin...',
    heading: CONNECTIONS,
    form: 'an origin, as https://dash.example is one',
  }),
  token: secret('token of those who may look and change'),
  readToken: secret('token of those who may look'),
  tokenFile: setting(text.optional(), {
    meaning: 'tokens to accept, as lines of "mmulab token"; - is standard input',
    unit: 'file',
    heading: CONNECTIONS,
    form: 'the name of a file',
  }),
  logLevel: setting(z.enum(LOG_LEVELS).default('info'), {
    meaning: 'log as JSON from there on; at a terminal, unless it is set, as sentences',
    unit: 'level',
    heading: CONNECTIONS,
  }),
  data: setting(text.default('./data'), {
    meaning: 'folder that VMs are kept in',
    unit: 'folder',
    heading: STATE,
    form: 'the name of a folder',
  }),
  journal: setting(text.optional(), {
    meaning: 'NATS servers that VMs are kept in, in place of a folder',
    unit: 'address',
    heading: STATE,
    form: 'an address such as nats://localhost:4222',
  }),
  journalMonitors: setting(z.array(z.url({ protocol: /^https?$/ })).default([]), {
    meaning: 'where those servers tell of themselves: asked at the start how they sync',
    unit: 'address...',
    heading: STATE,
    form: 'an address such as http://localhost:8222',
  }),
  journalCredentials: secret('user:password, or a token, for the servers of --journal'),
  ephemeral: setting(z.boolean().default(false), {
    meaning: 'keep nothing: all VMs end with the server',
    unit: '',
    heading: STATE,
  }),
  otlpEndpoint: setting(httpUrl.optional(), {
    meaning: 'collector of OpenTelemetry that gets traces and metrics, as OTLP over HTTP',
    unit: 'url',
    heading: TELEMETRY,
    form: 'a URL, as http://127.0.0.1:4318 is one',
    fallback: 'none',
  }),
  otlpMs: setting(z.int().min(1).max(TIMER_MS_MAX).default(10_000), {
    meaning: 'milliseconds between two sendings to it',
    unit: 'ms',
    heading: TELEMETRY,
  }),
  clientRequestsPerSecond: setting(z.int().min(1).max(COUNT_MAX).optional(), {
    meaning: phraseOf('clientRequestsPerSecond'),
    unit: 'count',
    heading: BOUNDED,
    fallback: `none on loopback, else ${REMOTE_REQUESTS_PER_SECOND_MAX}`,
  }),
  vmKeptSeconds: setting(z.int().min(1).max(COUNT_MAX).optional(), {
    meaning: phraseOf('vmKeptSeconds'),
    unit: 'seconds',
    heading: BOUNDED,
    fallback: 'never',
  }),
  ...boundSettings,
});

export type Configuration = z.output<typeof Configuration>;
export type SettingName = keyof Configuration;

/** Every setting, in the order of the help. */
export const SETTING_NAMES = Object.keys(Configuration.shape) as readonly SettingName[];

/** A secret comes by the environment alone: every process can read a command line, and files are copied. */
function secret(meaning: string): z.ZodOptional<z.ZodString> {
  return setting(z.string().optional(), {
    meaning,
    unit: 'token',
    heading: CONNECTIONS,
    places: ['environment'],
    isSecret: true,
  });
}

function maximumOf(name: string): number {
  if (name === 'shardThreads') return SHARD_THREADS_MAX;
  return name.endsWith('Ms') ? TIMER_MS_MAX : COUNT_MAX;
}

function unitOf(name: string): string {
  if (name.endsWith('Ms')) return 'ms';
  return name.endsWith('Bytes') ? 'bytes' : 'count';
}

/** The meaning of a bound as the help of an option: `VMs`, `commands and events kept for one VM`. */
function phraseOf(name: string): string {
  const { meaning } = BOUNDS[name as keyof typeof BOUNDS];
  const phrase = meaning.replace(/\.$/, '');
  return /^[A-Z][a-z]/.test(phrase)
    ? `${phrase.charAt(0).toLowerCase()}${phrase.slice(1)}`
    : phrase;
}
