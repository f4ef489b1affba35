import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { PROBLEMS } from '../http/problem-types.js';
import { failures } from './responses.js';

const EXAMPLE = [
  '# HELP nebula_workers Workers that this database knows.',
  '# TYPE nebula_workers gauge',
  'nebula_workers{state="online"} 3',
  'nebula_workers{state="offline"} 0',
  '',
].join('\n');

/** What the document says of metrics. */
export const METRICS_OPERATION = applyDecorators(
  ApiTags('health'),
  ApiOperation({
    operationId: 'getMetrics',
    summary: 'Give figures to Prometheus',
    description:
      'Counters of this api, and what its database says of the fleet. docs/monitoring.md has all of them.',
  }),
  ApiResponse({
    status: 200,
    description: 'All metrics, in the text format of Prometheus.',
    content: { 'text/plain': { schema: { type: 'string' }, example: EXAMPLE } },
  }),
  ...failures(PROBLEMS.invalidQuery),
);
