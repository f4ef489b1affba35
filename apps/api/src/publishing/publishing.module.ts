import { type DynamicModule, Module } from '@nestjs/common';
import { Epoch } from './epoch.js';
import { Publisher } from './publisher.js';
import { PUBLISHING_OPTIONS, type PublishingOptions } from './publishing-options.js';

/**
 * The outbox. Imported once, by the root module, and global for the features that write. It needs `AppStore`,
 * `Clock` and `ApiLog` from other global modules.
 */
@Module({})
export class PublishingModule {
  static forRoot(options: PublishingOptions): DynamicModule {
    return {
      module: PublishingModule,
      global: true,
      providers: [{ provide: PUBLISHING_OPTIONS, useValue: options }, Epoch, Publisher],
      exports: [Publisher],
    };
  }
}
