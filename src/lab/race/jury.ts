import { POLICIES, type Policy, type PolicyName } from '../../mmu/index.js';

/** Policies that have decided alike so far, and so share one machine. */
export interface Jury {
  /** The first decides. */
  members: readonly PolicyName[];
  /** Members that would have decided otherwise in the command that is being carried out. */
  readonly dissent: Set<PolicyName>;
}

export function createJury(members: readonly PolicyName[]): Jury {
  return { members, dissent: new Set() };
}

/**
 * A policy that decides as the first of a jury does, and asks the others whether they would have
 * decided the same. A policy decides and remembers nothing: as long as all agree, one machine shows
 * what each of them would have come to.
 */
export function policyOf(jury: Jury): Policy {
  return {
    ...POLICIES[jury.members[0] as PolicyName],
    victimSlot: (count, holes) => verdict(jury, (one) => one.victimSlot(count, holes)),
    fateOf: (invalidation) => verdict(jury, (one) => one.fateOf(invalidation)),
    requestsOnReuse: (dues) => verdict(jury, (one) => one.requestsOnReuse(dues)),
    get forgetsMark() {
      return verdict(jury, (one) => one.forgetsMark);
    },
    get marksLive() {
      return verdict(jury, (one) => one.marksLive);
    },
  };
}

/** Dues are told apart by identity, as all that a policy answers with. */
function verdict<T>({ members, dissent }: Jury, ask: (policy: Policy) => T): T {
  const decided = ask(POLICIES[members[0] as PolicyName]);
  for (let place = 1; place < members.length; place += 1) {
    const name = members[place] as PolicyName;
    if (ask(POLICIES[name]) !== decided) dissent.add(name);
  }
  return decided;
}
