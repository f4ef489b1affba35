import type { AppSelection } from '@nebula/messaging';
import type { AcceptedState } from '../desired-state/accepted-state.js';
import type { OtherApp } from '../reconcile/dependencies.js';
import type { AppRunner } from './app-runner.js';

/** What the apps of one worker know of each other. */
export class AppRelations {
  constructor(
    private readonly selection: AppSelection,
    private readonly states: ReadonlyMap<string, AcceptedState>,
    private readonly runners: ReadonlyMap<string, AppRunner>,
  ) {}

  /** Every app that this worker runs, or will as soon as something is known of it. */
  others(): ReadonlyMap<string, OtherApp> {
    const others = new Map<string, OtherApp>();
    const listed = this.selection.kind === 'listed' ? this.selection.apps : [];
    for (const app of listed) others.set(app, { depends_on: [], running: true, has_converged: false });
    for (const [app, { desired }] of this.states) {
      const { spec } = desired;
      const has_converged = this.runners.get(app)?.hasConverged ?? false;
      if (spec) others.set(app, { depends_on: spec.depends_on, running: spec.running, has_converged });
      else others.delete(app);
    }
    return others;
  }

  /** Lets those look again that depend on an app of which there is news. */
  wakeDependents(app: string): void {
    for (const [name, runner] of this.runners) {
      if (this.states.get(name)?.desired.spec?.depends_on.includes(app)) runner.wake();
    }
  }
}
