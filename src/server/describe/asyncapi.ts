import {
  FleetEndFrame,
  FleetHelloFrame,
  FleetQuery,
  LifeFrame,
  LifeGapFrame,
  LifeThroughFrame,
} from '../streams/fleet-frames.js';
import {
  CommandFrame,
  EndFrame,
  EventFrame,
  GapFrame,
  HelloFrame,
  HistoryQuery,
  PingFrame,
  PongFrame,
  RewoundFrame,
  StateFrame,
  ThroughFrame,
} from '../wire/frames.js';
import { VERSION } from '../wire/version.js';
import { FRAME_EXAMPLES } from './frame-examples.js';
import { Components } from './json-schema.js';
import { yamlOf } from './yaml-text.js';

/** Frames of every stream: the history of a VM, and the gaps in it. */
const HISTORY = {
  command: { schema: CommandFrame, summary: 'A command was applied.' },
  event: { schema: EventFrame, summary: 'The MMU did something.' },
  rewound: { schema: RewoundFrame, summary: 'The VM was reset, or a snapshot restored.' },
  gap: { schema: GapFrame, summary: 'History that the reader needs is no longer kept.' },
  through: { schema: ThroughFrame, summary: 'Everything up to here was considered by the filter.' },
  pong: { schema: PongFrame, summary: 'Answer to a ping.' },
};

const SENT = {
  hello: { schema: HelloFrame, summary: 'First frame: the present place of the VM.' },
  ...HISTORY,
  state: { schema: StateFrame, summary: 'The newest state, in place of records left out.' },
  end: { schema: EndFrame, summary: 'Last frame: the VM or the server ends.' },
};

const SENT_OF_FLEET = {
  fleetHello: { schema: FleetHelloFrame, summary: 'First frame: the number of VMs.' },
  life: { schema: LifeFrame, summary: 'A VM was created or deleted.' },
  lifeGap: { schema: LifeGapFrame, summary: 'Creations and deletions are no longer kept.' },
  lifeThrough: { schema: LifeThroughFrame, summary: 'Nothing is new: over plain HTTP only.' },
  ...HISTORY,
  fleetEnd: { schema: FleetEndFrame, summary: 'Last frame: the server ends.' },
};

const RECEIVED = { ping: { schema: PingFrame, summary: 'Asks for a pong.' } };

const MESSAGES = { ...SENT, ...SENT_OF_FLEET, ...RECEIVED };
type MessageName = keyof typeof MESSAGES;

const WORDS = {
  sent: {
    summary: 'Messages of the server.',
    description: 'The first tells where the stream begins, and the last why it ends.',
  },
  received: {
    summary: 'Messages of a client.',
    description: 'A client only has to read; a ping shows that the connection is alive.',
  },
};

/** Two ways to bring one token. */
const SECURITY_SCHEMES = {
  token: { type: 'http', scheme: 'bearer', description: '`Authorization: Bearer TOKEN`.' },
  subprotocol: {
    type: 'httpApiKey',
    in: 'header',
    name: 'Sec-WebSocket-Protocol',
    description:
      'For a page, which cannot set another header: the subprotocol `bearer.TOKEN` beside ' +
      '`mmulab.v1`, which the server picks.',
  },
};

/** asyncapi.yaml, from the schemas of the frames. */
export function describeAsyncapi(): string {
  const components = new Components();
  const messages = Object.fromEntries(
    Object.entries(MESSAGES).map(([name, { schema, summary }]) => [
      name,
      {
        name,
        summary,
        contentType: 'application/json',
        payload: components.add(schema),
        examples: [{ payload: FRAME_EXAMPLES[name as MessageName] }],
      },
    ]),
  );
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'mmulab',
      version: VERSION,
      description:
        'The history of a VM, or of all, as it happens. The same frames come as NDJSON or as ' +
        'server-sent events, by `Accept`. A refused upgrade is answered with a problem, like every ' +
        'request of openapi.yaml.',
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
      tags: [{ name: 'events', description: 'The history of VMs.' }],
    },
    defaultContentType: 'application/json',
    servers: {
      local: {
        host: 'localhost:3000',
        protocol: 'ws',
        description: 'A server on loopback may run without tokens; any other asks for one.',
        security: Object.keys(SECURITY_SCHEMES).map((name) => ({
          $ref: `#/components/securitySchemes/${name}`,
        })),
      },
    },
    channels: {
      events: {
        address: '/v1/vms/{vm}/events',
        summary: 'Commands and events of one VM, in the order of their sequence numbers.',
        parameters: { vm: { description: 'Names the VM.' } },
        bindings: {
          ws: { method: 'GET', query: components.add(HistoryQuery.omit({ limit: true })) },
        },
        messages: referencesTo({ ...SENT, ...RECEIVED }),
      },
      allEvents: {
        address: '/v1/events',
        summary: 'Commands and events of all VMs, and which VMs come and go.',
        bindings: { ws: { method: 'GET', query: components.add(FleetQuery) } },
        messages: referencesTo({ ...SENT_OF_FLEET, ...RECEIVED }),
      },
    },
    operations: {
      sendHistory: operation('send', 'events', WORDS.sent, SENT),
      receivePing: operation('receive', 'events', WORDS.received, RECEIVED),
      sendHistories: operation('send', 'allEvents', WORDS.sent, SENT_OF_FLEET),
      receivePings: operation('receive', 'allEvents', WORDS.received, RECEIVED),
    },
    components: { messages, schemas: components.all(), securitySchemes: SECURITY_SCHEMES },
  };
  return yamlOf(document);
}

function referencesTo(messages: object): object {
  return Object.fromEntries(
    Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
  );
}

function operation(
  action: 'send' | 'receive',
  channel: string,
  words: { readonly summary: string; readonly description: string },
  messages: object,
): object {
  return {
    action,
    ...words,
    channel: { $ref: `#/channels/${channel}` },
    messages: Object.keys(messages).map((name) => ({
      $ref: `#/channels/${channel}/messages/${name}`,
    })),
  };
}
