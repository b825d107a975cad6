export { keepBooks } from './keep-books.js';
export { sumsOf } from './sums.js';
