/**
 * Makes questions of which the newest alone matters: while one is being answered, the next waits, and
 * a later one takes its place.
 *
 * @param ask The question. @param done Takes its answer.
 */
export function latest<Q, A>(
  ask: (question: Q) => Promise<A>,
  done: (answer: A | Error, question: Q) => void,
): (question: Q) => void {
  let isBusy = false;
  let next: { readonly question: Q } | null = null;
  const go = async (question: Q): Promise<void> => {
    isBusy = true;
    const answer = await ask(question).catch((error: Error) => error);
    isBusy = false;
    const waiting = next;
    next = null;
    // An answer that is out of date is shown as well: a drag is to be seen on its way.
    done(answer, question);
    if (waiting !== null) void go(waiting.question);
  };
  return (question) => {
    if (isBusy) next = { question };
    else void go(question);
  };
}
