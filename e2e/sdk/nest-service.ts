import { execa } from 'execa';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from '../testing/clone.js';

/** What the service needs beside the SDK. */
const PACKAGES = [
  ...['@nestjs/common', '@nestjs/core', '@nestjs/platform-fastify'],
  ...['reflect-metadata', 'rxjs'],
];

/**
 * Copies the NestJS service of the examples into a folder and compiles it. Its own packages are those of the workspace,
 * but for the SDK.
 * @param sdk folder in which the SDK is installed
 */
export async function installNestService(target: string, sdk: string, compiler: string): Promise<void> {
  await cp(join(REPOSITORY, 'examples', 'nest-service'), target, { recursive: true });
  const modules = join(target, 'node_modules');
  const ours = join(REPOSITORY, 'apps', 'api', 'node_modules');
  for (const scope of ['@nestjs', '@nebula', '@types'])
    await mkdir(join(modules, scope), { recursive: true });
  for (const name of PACKAGES) await symlink(join(ours, name), join(modules, name));
  await symlink(join(REPOSITORY, 'node_modules', '@types', 'node'), join(modules, '@types', 'node'));
  await symlink(sdk, join(modules, '@nebula', 'sdk'));
  await execa('node', [compiler], { cwd: target });
}
