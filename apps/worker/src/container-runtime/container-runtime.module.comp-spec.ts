import { describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { ContainerRuntime } from './container-runtime.js';
import { ContainerRuntimeModule } from './container-runtime.module.js';
import { DockerRuntime } from './docker/docker-runtime.js';

describe('the module', () => {
  it('gives a runtime that connects only when it is asked', async () => {
    const docker_host = 'unix:///nowhere/docker.sock';
    const app = await Test.createTestingModule({
      imports: [ContainerRuntimeModule.forRoot({ docker_host })],
    }).compile();
    const runtime = app.get(ContainerRuntime);
    expect(runtime).toBeInstanceOf(DockerRuntime);
    expect(await runtime.problem()).toContain(docker_host);
    await app.close();
  });

  it('does not begin with an address that is none', async () => {
    const compiling = Test.createTestingModule({
      imports: [ContainerRuntimeModule.forRoot({ docker_host: 'docker' })],
    }).compile();
    await expect(compiling).rejects.toThrow('docker_host is "docker"');
  });
});
