export { lastNameOf, tokenOf } from './names.js';
export { NatsJournal, type NatsJournalOptions } from './nats-journal.js';
export { JournalTaken } from './owner.js';
export { patiently } from './patience.js';
export { connectServers, natsAddressOf, type Servers, UnfitServers } from './servers.js';
