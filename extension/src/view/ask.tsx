/**
 * A question that must be answered or left, in the browser's own modal dialog: it keeps the focus,
 * Escape leaves it, and what is behind it cannot be reached.
 */
import * as React from 'react';
import type { IDesk } from '../desk';
import { Problem } from './problem';

export interface IAskProps {
  desk: IDesk;
  title: string;
  /** What the button that does it says. */
  action: string;
  isDangerous?: boolean;
  children: React.ReactNode;
  /** Do it; what it throws is shown, and the question stays. */
  submit(): Promise<void>;
  close(): void;
}

export function Ask(props: IAskProps): JSX.Element {
  const { desk, title, action } = props;
  const [isBusy, setBusy] = React.useState(false);
  const [error, setError] = React.useState<Error | null>(null);
  const dialog = React.useRef<HTMLDialogElement>(null);
  const id = React.useId();
  React.useEffect(() => {
    const node = dialog.current!;
    const before = document.activeElement as HTMLElement | null;
    node.showModal();
    node.querySelector<HTMLElement>('[data-first]')?.focus();
    // Lab's shortcuts must not act behind the question; they listen on the document.
    const keep = (event: KeyboardEvent) => event.stopPropagation();
    window.addEventListener('keydown', keep, true);
    return () => {
      window.removeEventListener('keydown', keep, true);
      node.close();
      before?.focus();
    };
  }, []);
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await props.submit();
    } catch (problem) {
      setError(problem as Error);
      setBusy(false);
    }
  };
  return (
    <dialog
      ref={dialog}
      className="tv-Ask"
      aria-labelledby={id}
      onCancel={event => {
        event.preventDefault();
        if (!isBusy) {
          props.close();
        }
      }}
    >
      <form onSubmit={event => void submit(event)} autoComplete="off">
        <h2 id={id}>{title}</h2>
        {props.children}
        <Problem error={error} />
        <footer>
          <button
            type="button"
            className="jp-Button jp-mod-styled jp-mod-reject"
            disabled={isBusy}
            onClick={props.close}
          >
            {desk.trans.__('Cancel')}
          </button>
          <button
            type="submit"
            className={`jp-Button jp-mod-styled ${props.isDangerous ? 'jp-mod-warn' : 'jp-mod-accept'}`}
            disabled={isBusy}
          >
            {isBusy ? desk.trans.__('One moment…') : action}
          </button>
        </footer>
      </form>
    </dialog>
  );
}

/**
 * Where a passphrase is typed. It is never kept in state: `take` reads the field and empties it.
 */
export class Passphrase {
  readonly field = React.createRef<HTMLInputElement>();

  take(): string {
    const node = this.field.current;
    const typed = node?.value ?? '';
    if (node) {
      node.value = '';
    }
    return typed;
  }
}

export function PassphraseField(props: {
  passphrase: Passphrase;
  label: string;
  isFirst?: boolean;
}): JSX.Element {
  return (
    <label className="tv-Field">
      <span>{props.label}</span>
      <input
        ref={props.passphrase.field}
        className="jp-mod-styled"
        type="password"
        autoComplete="off"
        spellCheck={false}
        required
        data-first={props.isFirst}
      />
    </label>
  );
}
