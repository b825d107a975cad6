/**
 * Version of the rules: it rises when the same commands begin to give other states or events, so
 * that commands which were kept under other rules are not taken for the same history.
 */
export const RULES_VERSION = 1;
