export { NatsJournal, type NatsJournalOptions } from './nats-journal.js';
export { natsAddressOf, UnfitServers } from './servers.js';
