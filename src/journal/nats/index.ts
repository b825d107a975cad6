export { NatsJournal, type NatsJournalOptions } from './nats-journal.js';
export { JournalTaken } from './owner.js';
export { natsAddressOf, UnfitServers } from './servers.js';
