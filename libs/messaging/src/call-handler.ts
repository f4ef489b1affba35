import type { MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';

/**
 * Calls a handler of Nest and waits until it has ended, whatever kind of answer it gives.
 *
 * @throws what the handler throws
 */
export async function callHandler(
  handler: MessageHandler,
  payload: unknown,
  context?: object,
): Promise<void> {
  const answer: unknown = await handler(payload, context);
  if (isObservable(answer)) await lastValueFrom(answer, { defaultValue: undefined });
}
