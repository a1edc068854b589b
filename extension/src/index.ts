/**
 * Toolvet in JupyterLab: the queue of tools that agents wrote, and a document to review each in.
 * Every token is optional: without settings, palette or status bar the rest still works.
 */
import {
  ILabShell,
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { PageConfig } from '@jupyterlab/coreutils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Api } from './api';
import { addCommands, CommandIDs, IN_PALETTE, Tracker } from './commands';
import type { IDesk } from './desk';
import { Preferences } from './model/preferences';
import { Queue } from './model/queue';
import { Session } from './model/session';
import { announce } from './notices';
import { StatusWidget } from './status';
import type { ReviewWidget } from './view/document';
import { documentId } from './view/ids';
import { QueueWidget } from './view/queue';
import { SHOW_OPTION } from './wire';

/** After Lab is ready, and after the queue was painted. */
const PREPARE_MS = 300;

const PLUGIN = '@toolvet/jupyterlab:plugin';

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: 'Review the tools that agents write.',
  autoStart: true,
  optional: [
    ICommandPalette,
    ILabShell,
    ILayoutRestorer,
    ISettingRegistry,
    IStatusBar,
    ITranslator,
    IEditorLanguageRegistry
  ],
  activate
};

function activate(
  app: JupyterFrontEnd,
  palette: ICommandPalette | null,
  labShell: ILabShell | null,
  restorer: ILayoutRestorer | null,
  settings: ISettingRegistry | null,
  statusBar: IStatusBar | null,
  translator: ITranslator | null,
  languages: IEditorLanguageRegistry | null
): void {
  const { commands, serviceManager, shell } = app;
  const trans = (translator ?? nullTranslator).load('toolvet_jupyter');
  const api = new Api(serviceManager.serverSettings);
  const desk: IDesk = {
    api,
    queue: new Queue(api, serviceManager.events.stream),
    session: new Session(api),
    preferences: new Preferences(),
    trans,
    languages,
    open: id => void commands.execute(CommandIDs.open, { id })
  };
  const tracker: Tracker = new WidgetTracker<MainAreaWidget<ReviewWidget>>({
    namespace: 'toolvet-review'
  });

  const sidebar = new QueueWidget(desk);
  addOpening(app, desk, tracker);
  addCommands(app, desk, tracker, sidebar);
  IN_PALETTE.forEach(command => palette?.addItem({ command, category: trans.__('Tool Review') }));
  shell.add(sidebar, 'left', { rank: 650, type: 'Toolvet' });
  const showQueue = () => void commands.execute(CommandIDs.queue);
  const status = new StatusWidget(desk, showQueue);
  statusBar?.registerStatusItem(PLUGIN, { item: status, align: 'right', rank: 90 });
  desk.queue.changed.connect(() => {
    const count = desk.queue.waiting.length;
    sidebar.title.caption =
      count === 0
        ? trans.__('Tools to review')
        : trans._n('%1 tool to review', '%1 tools to review', count);
  });

  announce(desk.queue, desk.preferences, trans, () => void commands.execute(CommandIDs.next));
  void settings?.load(PLUGIN).then(found => desk.preferences.follow(found));
  restorer?.add(sidebar, sidebar.id);
  void restorer?.restore(tracker, {
    command: CommandIDs.open,
    name: widget => widget.content.review.proposal,
    args: widget => ({ id: widget.content.review.proposal })
  });
  void app.restored.then(() => {
    prepare(desk);
    desk.queue.start();
    if (PageConfig.getOption(SHOW_OPTION) === 'true') {
      labShell?.activateById(sidebar.id);
    }
  });
}

/** Fetch what a review needs while nobody waits for it. */
function prepare(desk: IDesk): void {
  const load = async () => {
    await Promise.all([import('./view/document'), import('./view/code')]);
    const python = desk.languages?.findByFileName('tool.py');
    await (python && desk.languages?.getLanguage(python));
  };
  const slot = () => {
    if (desk.queue.items.length > 0) {
      desk.queue.changed.disconnect(slot);
      window.setTimeout(() => void load(), PREPARE_MS);
    }
  };
  desk.queue.changed.connect(slot);
}

/** The document itself is loaded when the first one is opened: Lab starts without it. */
function addOpening(app: JupyterFrontEnd, desk: IDesk, tracker: Tracker): void {
  const { commands, shell } = app;
  commands.addCommand(CommandIDs.open, {
    label: args => desk.trans.__('Review %1', String(args.id ?? '')),
    describedBy: {
      args: {
        type: 'object',
        properties: { id: { type: 'string', description: 'Proposal, P-<n>' } },
        required: ['id']
      }
    },
    execute: async args => {
      const id = String(args.id);
      const { reviewDocument } = await import('./view/document');
      let widget = tracker.find(open => open.id === documentId(id)) ?? null;
      if (widget === null) {
        widget = reviewDocument(desk, id);
        void tracker.add(widget);
        shell.add(widget, 'main', { type: 'Toolvet' });
      }
      shell.activateById(widget.id);
      return widget;
    }
  });
}

export default plugin;
