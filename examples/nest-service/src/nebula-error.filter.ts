import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { NebulaApiError, NebulaError } from '@nebula/sdk';

interface Reply {
  code(status: number): { send(body: unknown): void };
}

/** What Nebula refuses is answered as it says; that it can't be reached is a 502 of ours. */
@Catch(NebulaError)
export class NebulaErrorFilter implements ExceptionFilter {
  catch(error: NebulaError, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<Reply>();
    if (error instanceof NebulaApiError && error.status < 500) {
      const { status, type, detail, errors } = error;
      reply.code(status).send({ status, type, detail, errors });
    } else {
      reply.code(502).send({ status: 502, detail: error.message });
    }
  }
}
