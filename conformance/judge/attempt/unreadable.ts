/**
 * A case says something that the judge has no rule for, or asks for something that no VM can be
 * given. Such a case is skipped by this name: to guess would be to judge the judge.
 */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}
