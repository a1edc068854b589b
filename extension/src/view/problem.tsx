/** What went wrong, as every face says it: words, what to do, and the code to look up. */
import * as React from 'react';
import { oneLine } from './visible';

export function Problem(props: { error: Error | null }): JSX.Element | null {
  const { error } = props;
  if (error === null) {
    return null;
  }
  const { code = '', hint = '' } = error as Partial<{ code: string; hint: string }>;
  return (
    <div className="tv-Problem" role="alert">
      <strong>{oneLine(error.message, 600)}</strong>
      {hint && <span> {oneLine(hint, 600)}</span>}
      {code && <code>{oneLine(code)}</code>}
    </div>
  );
}
