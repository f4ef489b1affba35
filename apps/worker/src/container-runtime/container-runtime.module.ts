import { type DynamicModule, Module } from '@nestjs/common';
import { ContainerRuntime } from './container-runtime.js';
import { ownContainerId } from './docker/own-container.js';
import { DockerRuntime, type DockerRuntimeOptions } from './docker/docker-runtime.js';

/** Where the engine is. */
export interface ContainerRuntimeOptions extends DockerRuntimeOptions {
  /** `unix:///path` or `tcp://name:port`. */
  docker_host: string;
}

/** Gives the application its container engine, as `ContainerRuntime`. */
@Module({})
export class ContainerRuntimeModule {
  static forRoot({ docker_host, ...options }: ContainerRuntimeOptions): DynamicModule {
    return {
      module: ContainerRuntimeModule,
      providers: [
        {
          provide: ContainerRuntime,
          useFactory: () => new DockerRuntime(docker_host, { self: ownContainerId(), ...options }),
        },
      ],
      exports: [ContainerRuntime],
    };
  }
}
