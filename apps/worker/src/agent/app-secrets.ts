import { type AppSpec, fillTemplates, type TemplateValues } from '@nebula/contracts';

/** What must not be told of an app. */
export interface AppSecrets {
  /** Values of its environment, which its programs may print. */
  environment: readonly string[];
  /** These and the arguments of its commands, which the engine may name when it can't run them. */
  all: readonly string[];
}

/**
 * The secrets of one replica.
 *
 * @param specs of every version of the app that may be at work.
 * @param place for what is filled into the values of its environment.
 */
export function secretsOf(specs: readonly AppSpec[], place: TemplateValues): AppSecrets {
  const environment = specs.flatMap(({ env_vars }) =>
    Object.values(env_vars).map((value) => fillTemplates(value, place)),
  );
  const told = new Set(specs.flatMap(wordsOf));
  return {
    environment,
    all: [...environment.filter((value) => !told.has(value)), ...specs.flatMap(argumentsOf)],
  };
}

/** Arguments of a command, without the name of its program: by that people find a mistake. */
export function commandSecrets(command: readonly string[]): string[] {
  const isProgram = /^[\w./+@][\w./+@-]*$/.test(command[0] ?? '');
  return command.slice(isProgram ? 1 : 0);
}

function argumentsOf({ command, entrypoint, hooks, health_check }: AppSpec): string[] {
  const check = typeof health_check === 'object' ? health_check?.command : undefined;
  return [
    ...[command, entrypoint, hooks.post_start?.command, hooks.pre_stop?.command].flatMap((given) =>
      commandSecrets(given ?? []),
    ),
    ...(typeof check === 'string' ? [check] : commandSecrets(check ?? [])),
  ];
}

/** What every status tells: without a port or a name in it a message says nothing, and a value that is one hides nothing. */
function wordsOf({ app_name, docker_image, starting_ports, networks, volumes }: AppSpec): string[] {
  const told = JSON.stringify([app_name, docker_image, starting_ports, networks, volumes]);
  return [docker_image, ...told.split(/[^\w./-]+/)];
}
