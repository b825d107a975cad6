import type { ConsumerMessages, JetStreamClient, JsMsg } from '@nats-io/jetstream';
import { DeliverPolicy } from '@nats-io/jetstream';

/** Milliseconds between two signs of life of a server that delivers; after two without, another is asked. */
const HEARTBEAT_MS = 750;
const EXPIRES_MS = 5000;

export interface FollowerOptions {
  readonly js: JetStreamClient;
  readonly stream: string;
  readonly subjects: string[];
  /** Takes each message, in the order of the stream. The next one waits until it is taken. */
  readonly take: (message: JsMsg) => void | Promise<void>;
}

/**
 * Follows a stream: first the newest message of each subject, then every one that comes, without a
 * gap, whichever server delivers them.
 */
export class Follower {
  readonly #messages: ConsumerMessages;
  readonly #ended: Promise<void>;

  static async start(options: FollowerOptions): Promise<Follower> {
    const { js, stream, subjects } = options;
    const consumer = await js.consumers.get(stream, {
      filter_subjects: subjects,
      deliver_policy: DeliverPolicy.LastPerSubject,
    });
    const messages = await consumer.consume({
      max_messages: 1000,
      expires: EXPIRES_MS,
      idle_heartbeat: HEARTBEAT_MS,
    });
    return new Follower(messages, options);
  }

  private constructor(messages: ConsumerMessages, { take }: FollowerOptions) {
    this.#messages = messages;
    const run = async () => {
      for await (const message of messages) await take(message);
    };
    this.#ended = run();
    this.#ended.catch(() => {});
  }

  /** Rejects if the stream can be followed no more. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  async stop(): Promise<void> {
    await this.#messages.close();
  }
}
