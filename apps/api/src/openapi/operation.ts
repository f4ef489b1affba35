import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

/** What the document says of one call: its id, in a few words, in a sentence or more, and what belongs to it. */
export type Operation = (
  operationId: string,
  summary: string,
  description: string,
  ...parts: MethodDecorator[]
) => MethodDecorator;

/**
 * Says it of calls that stand together in the document.
 * @param common what belongs to each of them
 */
export function operationsOf(tag: string, ...common: MethodDecorator[]): Operation {
  return (operationId, summary, description, ...parts) =>
    applyDecorators(ApiTags(tag), ApiOperation({ operationId, summary, description }), ...common, ...parts);
}
