import { stringify } from 'yaml';
import {
  CommandFrame,
  EndFrame,
  EventFrame,
  GapFrame,
  HelloFrame,
  HistoryQuery,
  PingFrame,
  PongFrame,
} from '../frames.js';
import { VERSION } from '../version.js';
import { Components } from './json-schema.js';

/** What the server sends on a stream, in the order in which a reader meets it. */
const SENT = {
  hello: { schema: HelloFrame, summary: 'First of all: where the VM stands.' },
  command: { schema: CommandFrame, summary: 'A command was applied.' },
  event: { schema: EventFrame, summary: 'The MMU did something.' },
  gap: { schema: GapFrame, summary: 'History that the reader needs is no longer kept.' },
  end: { schema: EndFrame, summary: 'Last of all: the VM or the server is going.' },
  pong: { schema: PongFrame, summary: 'Answer to a ping.' },
};

const RECEIVED = { ping: { schema: PingFrame, summary: 'Asks for a pong.' } };

const MESSAGES = { ...SENT, ...RECEIVED };

/** asyncapi.yaml, from the schemas of the frames. */
export function describeAsyncapi(): string {
  const components = new Components();
  const messages = Object.fromEntries(
    Object.entries(MESSAGES).map(([name, { schema, summary }]) => [
      name,
      { name, summary, contentType: 'application/json', payload: components.add(schema) },
    ]),
  );
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'mmulab',
      version: VERSION,
      description:
        'The history of a VM as it happens. A refused upgrade is answered as a problem, like every ' +
        'request of openapi.yaml.',
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
    },
    defaultContentType: 'application/json',
    servers: { local: { host: 'localhost:3000', protocol: 'ws' } },
    channels: {
      events: {
        address: '/v1/vms/{vm}/events',
        summary: 'Commands and events of one VM, in the order of their sequence numbers.',
        parameters: { vm: { description: 'Names the VM.' } },
        bindings: {
          ws: { method: 'GET', query: components.add(HistoryQuery.omit({ limit: true })) },
        },
        messages: Object.fromEntries(
          Object.keys(MESSAGES).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
      },
    },
    operations: {
      sendHistory: operation('send', 'What the server sends.', SENT),
      receivePing: operation('receive', 'All that a client may send.', RECEIVED),
    },
    components: { messages, schemas: components.all() },
  };
  return stringify(document, { aliasDuplicateObjects: false, lineWidth: 100 });
}

function operation(action: 'send' | 'receive', summary: string, messages: object): object {
  return {
    action,
    summary,
    channel: { $ref: '#/channels/events' },
    messages: Object.keys(messages).map((name) => ({ $ref: `#/channels/events/messages/${name}` })),
  };
}
