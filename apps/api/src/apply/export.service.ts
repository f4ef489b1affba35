import { type CompactSpec, compactSpec, maskSpec } from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import type { Caller } from '../access/caller.js';
import { isLive } from '../apps/app-answer.js';
import { AppsService } from '../apps/apps.service.js';

/** Apps that are read at a time. */
const PAGE = 100;

/** What `POST /apply` takes. */
export interface AppDocument {
  apps: CompactSpec[];
}

/** Writes down what apps are, so that it can be applied again. */
@Injectable()
export class ExportService {
  constructor(private readonly apps: AppsService) {}

  /** By name, without what has its default, secrets masked. @throws {StoreUnavailableError} when the store is away */
  async export(prefix: string, caller: Caller): Promise<AppDocument> {
    const apps: CompactSpec[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const place: { after?: string } = after === '' ? {} : { after };
      const page = await this.apps.list({ limit: PAGE, prefix, ...place }, caller);
      for (const record of page.items.filter(isLive)) {
        const { app_name, docker_image, ...rest } = compactSpec(maskSpec(record.spec));
        apps.push({ app_name, docker_image, ...rest });
      }
      after = page.next_after;
    }
    return { apps };
  }
}
