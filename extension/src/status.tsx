/** How many tools wait, in the status bar. */
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import { IDesk, useChanges } from './desk';

export class StatusWidget extends ReactWidget {
  constructor(
    private readonly _desk: IDesk,
    private readonly _show: () => void
  ) {
    super();
    this.addClass('tv-Status');
  }

  protected override render(): JSX.Element {
    return <Count desk={this._desk} show={this._show} />;
  }
}

function Count(props: { desk: IDesk; show(): void }): JSX.Element | null {
  const { queue, trans } = props.desk;
  useChanges(queue.changed);
  const count = queue.waiting.length;
  if (count === 0) {
    return null;
  }
  return (
    <button className="tv-StatusButton" onClick={props.show}>
      {trans._n('%1 tool to review', '%1 tools to review', count)}
    </button>
  );
}
