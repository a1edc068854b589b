/** The files of a revision, one at a time, compared with what is served now. */
import type { Extension } from '@codemirror/state';
import * as React from 'react';
import { IDesk, useChanges } from '../desk';
import type { IPlace } from '../model/review';
import type { IFileChange, IReviewPage } from '../wire';
import type { ICode } from './code';
import { fitsOneColumn } from './columns';
import type { IRemark } from './remarks';
import { oneLine } from './visible';

export interface IFilesHandle {
  goTo(place: IPlace): void;
  nextChange(): void;
  previousChange(): void;
}

interface IFilesProps {
  desk: IDesk;
  page: IReviewPage;
  comment(place: IPlace): void;
}

export const Files = React.forwardRef<IFilesHandle, IFilesProps>(function Files(props, ref) {
  const { desk, page } = props;
  const { trans, preferences } = desk;
  useChanges(preferences.changed);
  const [path, setPath] = React.useState('');
  const [isWhole, setWhole] = React.useState(false);
  const code = React.useRef<ICode | null>(null);
  const wanted = React.useRef(0);
  const place = React.useRef<HTMLDivElement>(null);
  const id = React.useId();
  const change = page.files.find(file => file.path === path) ?? first(page);
  const goTo = (target: IPlace) => {
    if (!page.files.some(file => file.path === target.path)) {
      return;
    }
    place.current?.scrollIntoView({ block: 'nearest' });
    if (target.path === change?.path) {
      code.current?.goTo(target.line || 1);
    } else {
      wanted.current = target.line || 1;
      setPath(target.path);
    }
  };
  React.useImperativeHandle(ref, () => ({
    goTo,
    nextChange: () => code.current?.nextChange(),
    previousChange: () => code.current?.previousChange()
  }));
  const ready = (made: ICode | null) => {
    code.current = made;
    if (made !== null && wanted.current > 0) {
      made.goTo(wanted.current);
      wanted.current = 0;
    }
  };
  if (change === undefined) {
    return <p className="tv-Quiet">{trans.__('There are no files.')}</p>;
  }
  const isCompared = change.status === 'changed' && !change.binary;
  return (
    <div className="tv-Files" ref={place}>
      <div className="tv-FilesHead">
        <Tabs files={page.files} change={change} choose={setPath} panel={id} desk={desk} />
        {isCompared && (
          <span className="tv-FilesTools">
            {fitsOneColumn(change) && (
              <Toggle
                isOn={preferences.diff === 'unified'}
                label={trans.__('One column')}
                flip={() => {
                  preferences.diff = preferences.diff === 'split' ? 'unified' : 'split';
                }}
              />
            )}
            <Toggle isOn={isWhole} label={trans.__('Every line')} flip={() => setWhole(!isWhole)} />
            <button
              className="jp-Button jp-mod-minimal"
              title={trans.__('Previous change (Shift F7)')}
              aria-label={trans.__('Previous change (Shift F7)')}
              onClick={() => code.current?.previousChange()}
            >
              ↑
            </button>
            <button
              className="jp-Button jp-mod-minimal"
              title={trans.__('Next change (F7)')}
              aria-label={trans.__('Next change (F7)')}
              onClick={() => code.current?.nextChange()}
            >
              ↓
            </button>
          </span>
        )}
      </div>
      <div id={id} role="tabpanel" aria-label={oneLine(change.path)}>
        <Code {...props} change={change} isWhole={isWhole} ready={ready} />
      </div>
    </div>
  );
});

/** What to read first: what changed, with findings before the rest, code before data and tests. */
function first(page: IReviewPage): IFileChange | undefined {
  const loud = page.view.evidence
    .flatMap(check => check.findings)
    .filter(found => found.severity !== 'note')
    .map(found => oneLine(found.path));
  const worth = (file: IFileChange) =>
    (file.status === 'same' ? 0 : 8) +
    (loud.includes(oneLine(file.path)) ? 4 : 0) +
    (file.path.endsWith('.py') ? 2 : 0) +
    (file.path.startsWith('tests/') ? 0 : 1);
  return [...page.files].sort((one, other) => worth(other) - worth(one))[0];
}

function Tabs(props: {
  files: readonly IFileChange[];
  change: IFileChange;
  choose(path: string): void;
  panel: string;
  desk: IDesk;
}): JSX.Element {
  const { files, change } = props;
  const { trans } = props.desk;
  const signs = { added: '+', removed: '−', changed: '±', same: '=' };
  const words = {
    added: trans.__('new'),
    removed: trans.__('removed'),
    changed: trans.__('changed'),
    same: trans.__('unchanged')
  };
  const move = (event: React.KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = step ? files[files.indexOf(change) + step] : undefined;
    if (next) {
      event.preventDefault();
      props.choose(next.path);
      (event.currentTarget.children[files.indexOf(next)] as HTMLElement).focus();
    }
  };
  return (
    <div className="tv-Tabs" role="tablist" aria-label={trans.__('Files')} onKeyDown={move}>
      {files.map(file => (
        <button
          key={file.path}
          role="tab"
          className="tv-Tab"
          data-status={file.status}
          aria-selected={file === change}
          aria-controls={props.panel}
          tabIndex={file === change ? 0 : -1}
          title={`${oneLine(file.path)}: ${words[file.status]}`}
          onClick={() => props.choose(file.path)}
        >
          <span aria-hidden="true">{signs[file.status]}</span> {oneLine(file.path, 60)}
          <span className="tv-Hidden"> ({words[file.status]})</span>
          {file.status === 'changed' && !file.binary && (
            <span className="tv-Quiet"> {`+${file.added} −${file.removed}`}</span>
          )}
        </button>
      ))}
    </div>
  );
}

function Toggle(props: { isOn: boolean; label: string; flip(): void }): JSX.Element {
  return (
    <button
      className="jp-Button jp-mod-minimal tv-Toggle"
      aria-pressed={props.isOn}
      onClick={props.flip}
    >
      {props.label}
    </button>
  );
}

function Code(
  props: IFilesProps & { change: IFileChange; isWhole: boolean; ready(code: ICode | null): void }
): JSX.Element {
  const { change, desk, page, isWhole } = props;
  const { trans } = desk;
  const mode = desk.preferences.diff;
  const host = React.useRef<HTMLDivElement>(null);
  const remarks = remarksOn(change.path, page);
  // The texts themselves, not their length: an edit of equal length is an edit.
  const said = JSON.stringify(remarks);
  const { path, old, new: fresh } = change;
  React.useEffect(() => {
    let isGone = false;
    let code: ICode | null = null;
    const show = async () => {
      const [{ showCode }, language] = await Promise.all([import('./code'), languageOf(desk, path)]);
      if (isGone || host.current === null) {
        return;
      }
      code = showCode(host.current, {
        change,
        mode,
        isWhole,
        language,
        remarks,
        labels: {
          old: trans.__('%1, as it is served now', oneLine(path)),
          new: trans.__('%1, as it is proposed', oneLine(path))
        },
        onLine: line => props.comment({ path, line })
      });
      props.ready(code);
    };
    void show();
    return () => {
      isGone = true;
      props.ready(null);
      code?.dispose();
    };
  }, [path, old, fresh, mode, isWhole, said]);
  if (change.binary || (old === null && fresh === null)) {
    return (
      <p className="tv-Quiet tv-Empty">
        {trans.__('Not text: %1 bytes before, %2 now.', change.old_size, change.new_size)}
      </p>
    );
  }
  return <div className="tv-Code" ref={host} data-jp-suppress-context-menu />;
}

/** Grammars of Lab; without one, or when it cannot be loaded, plain text. */
async function languageOf(desk: IDesk, path: string): Promise<Extension> {
  try {
    const spec = desk.languages?.findByFileName(path);
    return (spec && (await desk.languages!.getLanguage(spec))?.support) ?? [];
  } catch {
    return [];
  }
}

function remarksOn(path: string, page: IReviewPage): IRemark[] {
  const tones = { error: 'bad', warning: 'unsure', note: 'quiet' } as const;
  const findings = page.view.evidence.flatMap(check => check.findings);
  const about = <T extends { path: string; line: number }>(item: T) =>
    oneLine(item.path) === oneLine(path) && item.line > 0;
  return [
    ...findings.filter(about).map(found => ({
      line: found.line,
      tone: tones[found.severity],
      label: `${found.severity}: ${oneLine(found.rule)}`,
      text: [found.message, found.why, found.fix]
        .filter(Boolean)
        .map(words => oneLine(words, 400))
        .join(' ')
    })),
    ...page.view.comments
      .filter(comment => about(comment) && comment.revision === page.view.revision)
      .map(comment => ({
        line: comment.line,
        tone: 'plain' as const,
        label: `${oneLine(comment.author)}:`,
        text: oneLine(comment.text, 2000)
      }))
  ];
}
