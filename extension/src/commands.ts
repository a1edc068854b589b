/** What menus, palette and keys can do. None of it decides: each opens the question first. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { MessageLoop } from '@lumino/messaging';
import type { IDesk } from './desk';
import { gateIcon } from './icons';
import type { ReviewWidget } from './view/document';
import type { QueueWidget } from './view/queue';

export namespace CommandIDs {
  export const open = 'toolvet:open';
  export const queue = 'toolvet:show-queue';
  export const refresh = 'toolvet:refresh';
  export const next = 'toolvet:review-next';
  export const approve = 'toolvet:approve';
  export const requestChanges = 'toolvet:request-changes';
  export const reject = 'toolvet:reject';
  export const comment = 'toolvet:comment';
  export const nextChange = 'toolvet:next-change';
  export const previousChange = 'toolvet:previous-change';
  export const columns = 'toolvet:toggle-columns';
  export const lock = 'toolvet:lock';
}

/** Shown in the palette, in this order. */
export const IN_PALETTE = [
  CommandIDs.queue,
  CommandIDs.next,
  CommandIDs.approve,
  CommandIDs.requestChanges,
  CommandIDs.reject,
  CommandIDs.comment,
  CommandIDs.nextChange,
  CommandIDs.previousChange,
  CommandIDs.columns,
  CommandIDs.lock,
  CommandIDs.refresh
];

const NO_ARGUMENTS = { args: { type: 'object' as const, properties: {} } };

export type Tracker = WidgetTracker<MainAreaWidget<ReviewWidget>>;

export function addCommands(
  app: JupyterFrontEnd,
  desk: IDesk,
  tracker: Tracker,
  sidebar: QueueWidget
): void {
  const { commands, shell } = app;
  const { queue, session, preferences, trans } = desk;
  const front = (): ReviewWidget | null => {
    const widget = tracker.currentWidget;
    return widget !== null && shell.currentWidget === widget ? widget.content : null;
  };

  commands.addCommand(CommandIDs.queue, {
    label: trans.__('Show Tools to Review'),
    icon: gateIcon,
    describedBy: NO_ARGUMENTS,
    execute: () => {
      shell.activateById(sidebar.id);
      window.setTimeout(() => {
        MessageLoop.flush(); // the palette gives the focus back to where it was
        sidebar.takeFocus();
      });
    }
  });
  commands.addCommand(CommandIDs.refresh, {
    label: trans.__('Read the Review Queue Again'),
    describedBy: NO_ARGUMENTS,
    execute: () => queue.refresh()
  });
  commands.addCommand(CommandIDs.next, {
    label: trans.__('Review the Next Tool'),
    caption: trans.__('Open what waits longest for a decision'),
    icon: gateIcon,
    describedBy: NO_ARGUMENTS,
    isEnabled: () => queue.waiting.length > 0,
    execute: () => {
      const next = queue.after(front()?.review.proposal ?? '') ?? queue.waiting[0];
      if (next) {
        desk.open(next.id);
      }
    }
  });
  queue.changed.connect(() => commands.notifyCommandChanged(CommandIDs.next));

  const onFront = (id: string, label: string, work: (widget: ReviewWidget) => void) =>
    commands.addCommand(id, {
      label,
      describedBy: NO_ARGUMENTS,
      isEnabled: () => front() !== null,
      execute: () => {
        const widget = front();
        if (widget) {
          work(widget);
        }
      }
    });
  const of = (widget: ReviewWidget) => widget.commands.current;
  onFront(CommandIDs.approve, trans.__('Approve This Tool…'), w => of(w)?.approve());
  onFront(CommandIDs.requestChanges, trans.__('Request Changes to This Tool…'), w =>
    of(w)?.say('request-changes')
  );
  onFront(CommandIDs.reject, trans.__('Reject This Tool…'), w => of(w)?.say('reject'));
  onFront(CommandIDs.comment, trans.__('Comment on This Tool…'), w => of(w)?.say('comment'));
  onFront(CommandIDs.nextChange, trans.__('Next Change'), w => of(w)?.nextChange());
  onFront(CommandIDs.previousChange, trans.__('Previous Change'), w => of(w)?.previousChange());

  commands.addCommand(CommandIDs.columns, {
    label: trans.__('Show Changes in One Column'),
    describedBy: NO_ARGUMENTS,
    isToggleable: true,
    isToggled: () => preferences.diff === 'unified',
    execute: () => {
      preferences.diff = preferences.diff === 'split' ? 'unified' : 'split';
    }
  });
  commands.addCommand(CommandIDs.lock, {
    label: trans.__('Forget My Review Session'),
    describedBy: NO_ARGUMENTS,
    isEnabled: () => session.isOpen,
    execute: () => session.forget()
  });
}
