import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { PROBLEMS } from '../http/problem-types.js';
import { EXAMPLE_EVENTS } from './examples.js';
import { failures } from './responses.js';
import { ref } from './schema.js';

/** What the document says of events. */
export const EVENTS_OPERATION: MethodDecorator = applyDecorators(
  ApiTags('events'),
  ApiOperation({
    operationId: 'streamEvents',
    summary: 'Follow what happens',
    description: [
      'Server-sent events, whichever instance of the api made the change. `start` comes first: what happens from then on is told, so read what you need behind it.',
      '`app`: an app is wanted otherwise than before. `convergence`: its workers are otherwise than before, about once a second at most. `update`: the change of an app has failed on other workers than before, or is taken back there (`paused`, `rolling_back` and `rolled_back` in `updates`).',
      "In a stream of all apps, an app that nobody changes is looked at in turn where other instances of the api take its workers' reports, and when workers fall silent: five apps a second, so with 1,000 apps such news can be some minutes old. A stream with `app` has them within about a second.",
      'A client that comes back says with `Last-Event-ID` what it has seen and gets what it missed. Where that is not known any more, as after a restart or at another instance, `reset` comes in place of `start`: read again what you need. Events of apps that have changed meanwhile follow it. `reset` comes in between, too, when the database was restored from a backup.',
      'A client that reads too slowly is cut off.',
    ].join('\n\n'),
  }),
  ApiQuery({
    name: 'app',
    required: false,
    description: 'Only events of this app, the first of which says how its workers are.',
    schema: { type: 'string', maxLength: 63, examples: ['hello'] },
  }),
  ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The `id` of the last event that the client has seen.',
    schema: { type: 'string', examples: ['5f1c0a9be2d4-19-1769862604310'] },
  }),
  ApiResponse({
    status: 200,
    description: 'Events without an end.',
    content: { 'text/event-stream': { schema: ref('FleetEvent'), example: EXAMPLE_EVENTS } },
  }),
  ...failures(PROBLEMS.invalidQuery, PROBLEMS.tooManyStreams),
);
