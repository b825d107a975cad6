import { useSignal } from '@preact/signals';
import { keepToken, lacksToken } from '../api/token.js';
import { Card } from './card.js';

/** Asks for the token that this server demands, and goes on with the page. */
export function TokenCard() {
  const failure = useSignal('');
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const data = new FormData(event.currentTarget);
    const token = String(data.get('token')).trim();
    // What a header cannot carry cannot be one.
    if (/^[!-~]+$/.test(token)) keepToken(token, data.has('stays'));
    else failure.value = 'A token is made of letters, digits and signs, without a space';
  };
  return (
    <Card title="This server needs a token">
      <p>
        {lacksToken.value === 'refused'
          ? 'The token that was given is none of its tokens.'
          : 'Whoever started it knows one: it was given to mmulab serve.'}
      </p>
      <form class="token-form" onSubmit={submit}>
        <label class="field">
          Token
          <input name="token" type="password" autocomplete="off" required />
        </label>
        <label class="race-policy">
          <input name="stays" type="checkbox" />
          Keep it in this browser, and not for this tab alone
        </label>
        <p class="failure" role="alert">
          {failure}
        </p>
        <button type="submit">Go on</button>
      </form>
    </Card>
  );
}
