import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import {
  getAppStatus,
  type NebulaClient,
  NotConvergedError,
  patchApp,
  type Summary,
  waitForConvergence,
} from '@nebula/sdk';
import { NEBULA } from './nebula.module.js';

interface Deployment {
  image: string;
  /** How long the workers may take, seconds. */
  patience?: number;
}

@Controller('deployments')
export class DeploymentsController {
  constructor(@Inject(NEBULA) private readonly client: NebulaClient) {}

  /** Changes the image of an app, and answers when the workers have it, or with who doesn't. */
  @Post(':app')
  @HttpCode(200)
  async deploy(@Param('app') app: string, @Body() { image, patience = 60 }: Deployment) {
    const { client } = this;
    const { revision } = await patchApp({ client, path: { app }, body: { docker_image: image } });
    try {
      const { converged } = await waitForConvergence({ client, app, revision, timeoutMs: patience * 1_000 });
      return { revision, deployed: true, workers: converged };
    } catch (error) {
      if (!(error instanceof NotConvergedError)) throw error;
      return { revision, deployed: false, reason: error.message };
    }
  }

  @Get(':app')
  async status(@Param('app') app: string): Promise<Summary> {
    const { summary } = await getAppStatus({ client: this.client, path: { app }, query: { limit: 1 } });
    return summary;
  }
}
