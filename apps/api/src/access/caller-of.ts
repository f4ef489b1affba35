import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { callerOf } from './caller.js';

/** Who makes the request, as a parameter of a handler: `@CallerOf() caller: Caller`. */
export const CallerOf: () => ParameterDecorator = createParamDecorator((_data, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<object>()),
);
