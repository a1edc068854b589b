/** One question of a reviewer, and its answer. */
import * as React from 'react';
import type { IDesk } from '../desk';
import type { IPlace } from '../model/review';
import type { IBriefLine, IBriefSection } from '../wire';
import { visible } from './visible';
import { TONE_SIGNS } from './words';

export function Section(props: {
  section: IBriefSection;
  desk: IDesk;
  goTo(place: IPlace): void;
  children?: React.ReactNode;
}): JSX.Element {
  const { section, desk, goTo } = props;
  const id = React.useId();
  return (
    <section className="tv-Section" data-key={section.key} aria-labelledby={id}>
      <h2 id={id}>{desk.trans.__(section.title)}</h2>
      {section.lines.length > 0 && (
        <dl>
          {section.lines.map((line, index) => (
            <Line key={index} line={line} goTo={goTo} />
          ))}
        </dl>
      )}
      {props.children}
    </section>
  );
}

function Line(props: { line: IBriefLine; goTo(place: IPlace): void }): JSX.Element {
  const { label, text, tone, path, line } = props.line;
  return (
    <div className="tv-Line" data-tone={tone}>
      <dt>
        <span className="tv-Sign" aria-hidden="true">
          {TONE_SIGNS[tone]}
        </span>
        {visible(label)}
      </dt>
      <dd>
        {path ? (
          <button className="tv-Link" onClick={() => props.goTo({ path, line })}>
            {visible(text)}
          </button>
        ) : (
          visible(text)
        )}
      </dd>
    </div>
  );
}
