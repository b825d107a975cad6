export * from './conform/index.js';
