import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CHECK_NAMES } from '../diagnostics/diagnosis.js';
import { PROBLEMS } from '../http/problem-types.js';
import { failures, success } from './responses.js';
import { closedObject, INSTANT, listOf, orNull, ref, type Schema } from './schema.js';

const EXAMPLE = {
  version: '3.0.0',
  checked_at: '2026-01-31T12:31:09.001Z',
  checks: [
    { name: 'database', summary: 'answers in 2 ms, epoch 1', findings: [] },
    {
      name: 'streams',
      summary: '40 of 40 streams were read and compared',
      findings: [
        {
          about: 'hello',
          problem: 'Its stream is missing or empty (region default)',
          remedy: 'The api publishes it anew by itself, with the next verification at the latest.',
        },
      ],
    },
  ],
};

/** What the document says of diagnostics. */
export const DIAGNOSTICS_OPERATION = applyDecorators(
  ApiTags('health'),
  ApiOperation({
    operationId: 'getDiagnostics',
    summary: 'Look for all that may be wrong',
    description:
      'Looks at database, brokers, rights, streams, secrets, clocks, workers, apps that failed on them, orphans and versions, and says of each finding what to do. Nothing is changed by it. It can take some seconds.',
  }),
  success(200, 'What was found.', 'Diagnosis', { example: EXAMPLE }),
  ...failures(PROBLEMS.invalidQuery),
);

export function diagnosticsSchemas(): Record<string, Schema> {
  const text: Schema = { type: 'string' };
  return {
    Finding: closedObject({
      about: {
        ...orNull(text),
        description: 'A region, an app, a worker or a version; null when it is about all of it.',
      },
      problem: { ...text, description: 'What is wrong.' },
      remedy: { ...text, description: 'What to do about it.' },
    }),
    CheckOutcome: closedObject({
      name: { ...text, enum: [...CHECK_NAMES] },
      summary: { ...text, description: 'What was looked at.' },
      findings: { ...listOf(ref('Finding')), description: 'Empty when all is well.' },
    }),
    Diagnosis: closedObject({
      version: { ...text, description: 'Of the api.' },
      checked_at: { ...INSTANT, description: 'By the clock of the api.' },
      checks: listOf(ref('CheckOutcome')),
    }),
  };
}
