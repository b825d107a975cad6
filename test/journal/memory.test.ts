import { MemoryJournal } from '../../src/journal/log/index.js';
import { suite } from './suite.js';

suite(async () => new MemoryJournal());
