/**
 * For each command within the sentences of the pages, which test plays it, or why none does; as `block-register.mjs` has
 * it for the blocks. One that is the beginning of a command that a test plays needs no line here.
 */
import { fateOf } from './block-register.mjs';
import {
  codeBlocksOf,
  commandsOfBlock,
  inlineCommandsOf,
  markdownFiles,
  typedInConsole,
} from './code-blocks.mjs';
import {
  COMPOSE,
  DOCUMENTS,
  heldBy,
  HOUR,
  playedBy,
  README,
  STANDALONE,
  STARTS,
  SYSTEMD,
  unplayed,
} from './fates.mjs';

/** @import { Fate } from './fates.mjs' */

/** @param {string} test */
const alike = (test) => unplayed(`${test} types it with other names, or more options`);

const BENCHMARK = unplayed('takes minutes, on a machine that does nothing else meanwhile');
const CLUSTER = unplayed('needs a cluster of Kubernetes');
const DEVELOPING = unplayed('what runs the tests, and what writes anew what they compare');
const DOING = unplayed('names what somebody does or looks at, and is whole only with what it is done to');

/** @type {readonly (readonly [commands: RegExp, fate: Fate])[]} */
export const INLINE_REGISTER = [
  [/^nebulactl /, heldBy('tools/docs/docs.spec.ts')],
  [/^npm (test|run (build|check|generate|test:deploy))\b/, DEVELOPING],
  [/^node tools\//, DEVELOPING],
  [/^npm run bench\b/, BENCHMARK],
  [/^(node -e 0|npm i node@24|node nebula-worker\.mjs)$/, BENCHMARK],
  [/^npm (start|run down) -- --help$/, playedBy(DOCUMENTS)],
  [/^npm start -- --no-example --no-install$/, playedBy(STANDALONE)],
  [/^npm start -- --no-install$/, alike('e2e/own-engine.e2e-spec.ts')],
  [/^npm run down -- --forget$/, alike(README)],
  [/^npm run bundle$/, unplayed(`${STARTS} begins with it`)],
  [/^npm run (worker|api -- --help)$/, alike(STARTS)],
  [/^npm run api -- rotate-secrets$/, alike('e2e/fleet/credentials.e2e-spec.ts')],
  [
    /^rabbitmqctl (add_user admin|set_user_tags admin administrator|delete_user (guest|nebula-worker\.edge-17)|list_connections user)$/,
    playedBy(STARTS),
  ],
  [/^rabbitmqctl delete_user nebula-worker$/, alike(STARTS)],
  [/^rabbitmqctl restart_vhost$/, unplayed('no virtual host of the tests has failed')],
  [
    /^rabbitmqctl export_definitions$/,
    unplayed(
      'a broker that loads such a file, as its management plugin writes it, is in e2e/fleet/broker-outages.e2e-spec.ts',
    ),
  ],
  [
    /^rabbitmq-plugins enable /,
    unplayed('the brokers of the tests have their plugins from a file, as deploy/rabbitmq has it'),
  ],
  [/^systemctl (stop|status) nebula-worker$/, playedBy(SYSTEMD)],
  [
    /^node \/usr\/local\/lib\/nebula\/nebula-api\.mjs setup-broker$/,
    unplayed(`${SYSTEMD} runs that file from the folder in which it was made`),
  ],
  [/^journalctl -u nebula-worker$/, playedBy(SYSTEMD)],
  [/^sudo sh \/usr\/local\/lib\/nebula\/uninstall\.sh$/, playedBy(SYSTEMD)],
  [/^systemctl (edit|edit nebula-api|restart nebula-api|restart docker\.socket docker|start docker)$/, DOING],
  [/^kill -9$/, DOING],
  [
    /argon2/,
    unplayed(
      `needs Debian's package argon2; ${SYSTEMD} logs in by such a hash, which the library of the api has made`,
    ),
  ],
  [/^(kubectl|helm) /, CLUSTER],
  [
    /^db\.dropDatabase\(\)$/,
    unplayed(`needs mongosh; ${STARTS} drops a database by the same command of the server`),
  ],
  [/^node nebula-api\.mjs backup FILE$/, alike(SYSTEMD)],
  [/^docker (compose stop|events|info|inspect|login|rm|save|stop|update)$/, DOING],
  [/^docker info --format '\{\{\.ID\}\}'$/, playedBy(COMPOSE)],
  [/^docker rm -f \$\(docker ps .*label=app_name=/, playedBy(COMPOSE)],
  [/^docker rm -f \$\(docker ps .*label=nebula\.scope=/, alike(COMPOSE)],
  [
    /^docker network prune .*label=nebula\.scope=/,
    unplayed('ends what a server has of Nebula: tests that share an engine would lose their networks'),
  ],
  [/^docker run .* nebula-api:3\.0\.0 rotate-secrets$/, playedBy(HOUR)],
  [/^docker compose run .* rotate-secrets$/, playedBy(COMPOSE)],
  [/^docker compose exec rabbitmq rabbitmqctl list_connections user$/, playedBy(COMPOSE)],
  [/^docker save .* \| ssh /, alike(COMPOSE)],
  [/^docker compose --file compose\.worker\.yaml exec worker$/, alike(COMPOSE)],
  [/^docker compose run .* restore /, alike(COMPOSE)],
  [
    /^docker compose run .* setup-broker$/,
    unplayed(
      'the same command of the api with the same variables is played, for one worker, by the files of e2e/fleet',
    ),
  ],
  [/^docker compose down --volumes$/, unplayed(`${COMPOSE} ends its stack by it`)],
  [
    /^docker compose up --detach --scale api=4$/,
    unplayed(`starts more of what ${COMPOSE} starts two of, one of which is then stopped and one killed`),
  ],
  [/^docker compose --file compose\.worker\.yaml --file compose\.override\.yaml up/, alike(COMPOSE)],
  [/^--\w+ <.*>$/, heldBy('tools/docs/cli-reference.spec.ts')],
  [/^--(user 65532:|network host)/, alike(COMPOSE)],
  [
    /^--mount type=bind,source=\/etc\/ssl\/nebula\/ca\.pem/,
    unplayed(
      'no broker with TLS stands beside the containers of the tests; apps/api/src/program/rabbit-tls.int-spec.ts has programs trust such a file',
    ),
  ],
  [/^--env WORKER_POLICY=/, DOING],
  [
    /^--env WORKER_HOST=/,
    unplayed(`${COMPOSE} sets the same variable by an override; the port is in options of Docker alone`),
  ],
  [/^curl -sS http:\/\/127\.0\.0\.1:8001\/readyz$/, unplayed(`${SYSTEMD} asks the same without curl`)],
  [/^--log-opt /, unplayed("an option for Docker's own logs, of which no program here sees anything")],
];

/**
 * @param {string} text of a command within a sentence
 * @returns {Fate | undefined} undefined when the register has none for it
 */
export function fateOfInline(text) {
  return INLINE_REGISTER.find(([commands]) => commands.test(text))?.[1];
}

/**
 * Every command that a test plays, as its page has it.
 * @returns {string[]}
 */
export function playedCommands() {
  const blocks = markdownFiles()
    .flatMap((page) => codeBlocksOf(page))
    .flatMap((block) => {
      const { playedBy: test, except = [] } = fateOf(block) ?? {};
      if (test === undefined) return [];
      const typed = block.language === 'console' ? typedInConsole(block.text) : commandsOfBlock(block.text);
      return typed.filter((command) => !except.some(([pattern]) => pattern.test(command)));
    });
  const inline = markdownFiles()
    .flatMap((page) => inlineCommandsOf(page))
    .filter(({ text }) => fateOfInline(text)?.playedBy !== undefined);
  return [...blocks, ...inline.map(({ text }) => text)];
}
