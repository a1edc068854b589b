/** The queue in the sidebar: what waits for a person first, then what waits for others. */
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import { IDesk, useChanges } from '../desk';
import { gateIcon } from '../icons';
import { CRITERIA, IQueueItem } from '../wire';
import { Problem } from './problem';
import { oneLine } from './visible';
import { stateWords, when } from './words';

/** More lines than anybody reads freeze the page. */
const AT_MOST = 200;

const MARK_TONES: { [mark: string]: string } = { '+': 'good', '-': 'bad', '?': 'unsure' };
const MARK_SIGNS: { [mark: string]: string } = { '+': '✓', '-': '✗', '?': '?' };

export class QueueWidget extends ReactWidget {
  constructor(private readonly _desk: IDesk) {
    super();
    const { trans } = _desk;
    this.id = 'toolvet-queue';
    this.addClass('tv-QueuePanel');
    this.title.icon = gateIcon;
    this.title.caption = trans.__('Tools to review');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Tools to review'));
  }

  protected override render(): JSX.Element {
    return <QueuePanel desk={this._desk} />;
  }

  /** Put the focus where the keyboard goes on. */
  takeFocus(): void {
    const at = (selector: string) => this.node.querySelector<HTMLElement>(selector);
    (at('.tv-QueueItem[tabindex="0"]') ?? at('.tv-QueueHead button'))?.focus();
  }
}

function QueuePanel(props: { desk: IDesk }): JSX.Element {
  const { queue, trans } = props.desk;
  useChanges(queue.changed);
  const groups: [string, IQueueItem['turn']][] = [
    [trans.__('Waiting for a decision'), 'reviewers'],
    [trans.__('Back with the author'), 'author'],
    [trans.__('Being verified'), 'machine']
  ];
  const isEmpty = queue.isRead && queue.items.length === 0;
  return (
    <>
      <header className="tv-QueueHead">
        <h2>{trans.__('Tools to review')}</h2>
        <button
          className="jp-Button jp-mod-minimal"
          title={trans.__('Read the queue again')}
          aria-label={trans.__('Read the queue again')}
          onClick={() => void queue.refresh()}
        >
          ⟳
        </button>
      </header>
      <Problem error={queue.problem} />
      {isEmpty && <p className="tv-Quiet tv-Empty">{trans.__('Nothing is open.')}</p>}
      {!queue.isRead && !queue.problem && <p className="tv-Quiet tv-Empty">{trans.__('Reading…')}</p>}
      {groups.map(([title, turn]) => (
        <Group
          key={turn}
          title={title}
          items={queue.items.filter(item => item.turn === turn).slice(0, AT_MOST)}
          desk={props.desk}
        />
      ))}
      {queue.hasMore && (
        <p className="tv-Quiet tv-Empty">
          {trans.__('There are more; these come first. `toolvet queue` lists all.')}
        </p>
      )}
    </>
  );
}

function Group(props: { title: string; items: IQueueItem[]; desk: IDesk }): JSX.Element | null {
  const { title, items, desk } = props;
  const [current, setCurrent] = React.useState('');
  const list = React.useRef<HTMLUListElement>(null);
  if (items.length === 0) {
    return null;
  }
  const at = Math.max(
    0,
    items.findIndex(item => item.id === current)
  );
  const move = (event: React.KeyboardEvent) => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    const next = to === undefined ? undefined : items[to];
    if (next !== undefined) {
      event.preventDefault();
      setCurrent(next.id);
      list.current?.querySelectorAll<HTMLElement>('.tv-QueueItem')[to!]?.focus();
    }
  };
  return (
    <section aria-label={title}>
      <h3 className="tv-QueueGroup">
        {title} <span className="tv-Count">{items.length}</span>
      </h3>
      <ul className="tv-QueueList" ref={list} onKeyDown={move}>
        {items.map((item, index) => (
          <li key={item.id}>
            <Item item={item} desk={desk} isCurrent={index === at} seen={setCurrent} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Item(props: {
  item: IQueueItem;
  desk: IDesk;
  isCurrent: boolean;
  seen: (id: string) => void;
}): JSX.Element {
  const { item, desk } = props;
  const { trans } = desk;
  const change = item.change === 'new' ? trans.__('new') : trans.__('update');
  return (
    <button
      className="tv-QueueItem"
      tabIndex={props.isCurrent ? 0 : -1}
      data-id={item.id}
      onClick={() => {
        props.seen(item.id);
        desk.open(item.id);
      }}
      title={[
        oneLine(`${item.toolset}/${item.tool}`),
        trans.__('revision %1', item.revision),
        stateWords(item.state, trans),
        when(item.updated_at)
      ].join('\n')}
    >
      <span className="tv-QueueTop">
        <span className="tv-QueueName">{oneLine(item.tool, 90)}</span>
        {item.kind && <Kind kind={item.kind} />}
      </span>
      <span className="tv-QueueBottom tv-Quiet">
        <span className="tv-QueueFacts">
          {[item.id, oneLine(item.toolset, 40), change, oneLine(item.author, 40)].join(' · ')}
        </span>
        <Marks marks={item.marks} desk={desk} />
        {item.errors > 0 && (
          <span className="tv-Tone" data-tone="bad">
            {trans._n('%1 error', '%1 errors', item.errors)}
          </span>
        )}
        {item.warnings > 0 && (
          <span className="tv-Tone" data-tone="unsure">
            {trans._n('%1 warning', '%1 warnings', item.warnings)}
          </span>
        )}
      </span>
    </button>
  );
}

function Marks(props: { marks: string; desk: IDesk }): JSX.Element {
  const { trans } = props.desk;
  const words: { [mark: string]: string } = {
    '+': trans.__('met'),
    '-': trans.__('unmet'),
    '?': trans.__('unknown')
  };
  const marks = [...props.marks];
  const said = marks.map((mark, at) => `${CRITERIA[at] ?? ''} ${words[mark] ?? mark}`).join(', ');
  return (
    <span className="tv-Marks" role="img" aria-label={said} title={said}>
      {marks.map((mark, at) => (
        <span key={at} data-tone={MARK_TONES[mark] ?? 'unsure'}>
          {MARK_SIGNS[mark] ?? '?'}
        </span>
      ))}
    </span>
  );
}

export function Kind(props: { kind: string }): JSX.Element {
  return (
    <span className="tv-Kind" data-kind={props.kind}>
      {props.kind}
    </span>
  );
}
