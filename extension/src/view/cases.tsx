/** Failing cases that a check found: one button hands the author a test of it. */
import * as React from 'react';
import type { IDesk } from '../desk';
import type { ICaseTest } from '../wire';
import { oneLine, visible } from './visible';

export function Cases(props: {
  desk: IDesk;
  cases: readonly ICaseTest[];
  say(text: string): void;
  canSay: boolean;
}): JSX.Element | null {
  const { cases, desk } = props;
  const { trans } = desk;
  if (cases.length === 0) {
    return null;
  }
  return (
    <details className="tv-Drafts tv-Cases">
      <summary>{trans._n('%1 failing case', '%1 failing cases', cases.length)}</summary>
      <ul>
        {cases.map((one, index) => (
          <li key={index} className="tv-Draft">
            <span className="tv-Tone" data-tone="bad">
              ✗ {oneLine(one.what, 300)}
            </span>
            <pre>{visible(one.test)}</pre>
            <button
              className="jp-Button jp-mod-styled jp-mod-reject"
              disabled={!props.canSay}
              onClick={() => props.say(one.words)}
            >
              {trans.__('Make it a test…')}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}
