import {
  type CheckOutcome,
  type Diagnosis,
  type Finding,
  getDiagnostics,
  NebulaApiError,
  NebulaConnectionError,
  NebulaTimeoutError,
} from '@nebula/sdk';
import type { Command } from 'commander';
import { define, type Session, type World } from '../command.js';
import { explain } from '../connection/explain.js';
import { clientOf } from '../connection/session.js';
import { oneLine } from '../console/table.js';
import { CommandError } from '../usage-error.js';
import { VERSION } from '../version.js';

/** Longest wait for the api, which looks at everything meanwhile, milliseconds. */
const LIMIT_MS = 60_000;

/** Clocks that differ by more make times in tables wrong, milliseconds. */
const SKEW_MS = 30_000;

/** As the api answers it, for what this program looks at by itself. */
type Outcome = Omit<CheckOutcome, 'name'> & { name: string };

export function addDoctor(program: Command, world: World): void {
  define(program, world, {
    usage: 'doctor',
    summary: 'Look for all that may be wrong, and say what to do about it',
    details:
      'The api looks at its database, brokers, rights, streams, secrets, clocks, workers, apps that failed on them, orphans and versions. Nothing is changed by it. It ends with 0 when all is well, with 1 when something was found. It needs an administrator.',
    examples: ['doctor', 'doctor -o json'],
    run: async (session) => {
      const outcomes = await diagnose(session);
      const count = outcomes.flatMap(({ findings }) => findings).length;
      await session.show({
        data: { checks: outcomes },
        names: outcomes.filter(({ findings }) => findings.length > 0).map(({ name }) => name),
        text: () => outcomes.map((outcome) => linesOf(session, outcome)).join('\n'),
      });
      if (count > 0)
        throw new CommandError(count === 1 ? 'one thing was found' : `${count} things were found`);
    },
  });
}

async function diagnose({ connection, terminal, now }: Session): Promise<Outcome[]> {
  const client = clientOf(terminal, connection, LIMIT_MS);
  const asked = now();
  let diagnosis: Diagnosis;
  try {
    diagnosis = await getDiagnostics({ client, signal: terminal.signal });
  } catch (error) {
    const finding = terminal.signal.aborted ? null : ofSilence(error, explain(error, connection).text);
    if (finding === null) throw error;
    return [{ name: 'api', summary: `${connection.url} could not look`, findings: [finding] }];
  }
  const { version, checked_at, checks } = diagnosis;
  const findings = [...ofVersions(version), ...ofClocks(Date.parse(checked_at), asked, now())];
  return [{ name: 'api', summary: `${connection.url} answers, version ${version}`, findings }, ...checks];
}

/** An api that answers nothing is a finding itself. Null when it has answered: who asks may be wrong then. */
function ofSilence(error: unknown, problem: string): Finding | null {
  if (error instanceof NebulaConnectionError || error instanceof NebulaTimeoutError)
    return {
      ...{ about: null, problem: sentence(problem) },
      remedy:
        'Look whether the api runs there, and whether this machine reaches it: curl its /healthz. Where the address is wrong, give another with --url, or choose one of nebulactl context list.',
    };
  if (error instanceof NebulaApiError && error.status >= 500)
    return {
      ...{ about: null, problem: sentence(problem) },
      remedy:
        'Look at its /readyz and at its log. Tokens need the database: without it, the administrator of the configuration is let in, and can ask again.',
    };
  return null;
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

function ofVersions(api: string): Finding[] {
  if (api === VERSION) return [];
  const problem = `This nebulactl is of the version ${VERSION}, the api of ${api}.`;
  return [{ about: null, problem, remedy: 'Use a nebulactl of the version of the api.' }];
}

/** The api has looked at its clock at some time between question and answer. */
function ofClocks(api: number, asked: number, answered: number): Finding[] {
  const ahead = api > answered ? api - answered : Math.min(0, api - asked);
  if (Math.abs(ahead) <= SKEW_MS) return [];
  const seconds = Math.round(Math.abs(ahead) / 1_000);
  const problem = `The clock of the api is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} that of this machine.`;
  return [{ about: null, problem, remedy: 'Let NTP set both.' }];
}

function linesOf({ paint }: Session, { name, summary, findings }: Outcome): string {
  const isWell = findings.length === 0;
  const head = `${isWell ? paint('green', '✓') : paint('red', '✗')} ${name}: ${oneLine(summary)}`;
  return [
    head,
    ...findings.flatMap(({ about, problem, remedy }) => [
      `    ${about === null ? '' : `${oneLine(about)}: `}${oneLine(problem)}`,
      `      → ${oneLine(remedy)}`,
    ]),
  ].join('\n');
}
