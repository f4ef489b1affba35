import type { Command } from 'commander';
import { define, type Definition, type Session, type World } from '../command.js';
import { type Change, type Changed, make } from './change.js';
import { type ChangeOptions, changeOptions } from './options.js';

export interface ChangeDefinition<Options extends object>
  extends Pick<Definition<Options>, 'summary' | 'details' | 'examples'> {
  /** Its name. The app is its one argument. */
  name: string;
  /** Those that it has beside those of every change. */
  options?: (command: Command) => Command;
  /** What is to be done. May look at the api first. */
  change: (
    session: Session,
    app: string,
    options: ChangeOptions & Options,
  ) => Omit<Change<Changed>, 'app'> | Promise<Omit<Change<Changed>, 'app'>>;
}

/** Adds a command that changes one app: like all of them it shows what would be, asks, and can wait. */
export function defineChange<Options extends object = object>(
  parent: Command,
  world: World,
  { name, options, change, ...definition }: ChangeDefinition<Options>,
): void {
  define<ChangeOptions & Options>(parent, world, {
    ...definition,
    usage: `${name} <app>`,
    options: (command) => changeOptions(options?.(command) ?? command),
    completes: 'app',
    run: async (session, [app = ''], given) =>
      make(session, given, { app, ...(await change(session, app, given)) }),
  });
}
