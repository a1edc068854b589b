/** What the settings editor may change. */
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ISignal, Signal } from '@lumino/signaling';

export type DiffMode = 'split' | 'unified';

export class Preferences {
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Say when something new waits for a decision. */
  get notify(): boolean {
    return this._notify;
  }

  get diff(): DiffMode {
    return this._diff;
  }

  /** Change it here, and for the next time where there are settings. */
  set diff(mode: DiffMode) {
    this._diff = mode;
    this._changed.emit();
    void this._settings?.set('diff', mode);
  }

  /** Follow the settings from now on. */
  follow(settings: ISettingRegistry.ISettings): void {
    this._settings = settings;
    const read = () => {
      this._notify = settings.get('notify').composite !== false;
      this._diff = settings.get('diff').composite === 'unified' ? 'unified' : 'split';
      this._changed.emit();
    };
    settings.changed.connect(read);
    read();
  }

  private readonly _changed = new Signal<this, void>(this);
  private _settings: ISettingRegistry.ISettings | null = null;
  private _notify = true;
  private _diff: DiffMode = 'split';
}
