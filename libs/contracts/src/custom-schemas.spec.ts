import { expect, it } from '@jest/globals';
import { customSchemas } from './index.js';

it('every rule of a field has a JSON Schema by its name', () => {
  expect(Object.keys(customSchemas).sort()).toEqual([
    'appName',
    'capAdd',
    'capDrop',
    'command',
    'containersPer',
    'dependsOn',
    'devices',
    'dns',
    'dnsSearch',
    'entrypoint',
    'envVars',
    'extraHosts',
    'gpus',
    'healthCheck',
    'hooks',
    'hostname',
    'imageReference',
    'ipcMode',
    'labels',
    'listOf10000Objects',
    'listOf20000Objects',
    'listOf65535Objects',
    'logDriver',
    'networks',
    'notices',
    'pidMode',
    'platform',
    'pullPolicy',
    'resources',
    'restartPolicy',
    'runtime',
    'secretEnvVars',
    'securityOpt',
    'shmSize',
    'startingPorts',
    'stopGracePeriodSeconds',
    'stopSignal',
    'sysctls',
    'tmpfs',
    'ulimits',
    'update',
    'user',
    'volumes',
    'workerLabels',
    'workingDir',
  ]);
  expect(customSchemas['appName']).toMatchObject({ type: 'string', maxLength: 63 });
});

it('patterns in it are valid and take what the rules take', () => {
  const takes: Record<string, string> = {
    appName: 'shop-1',
    networks: 'container:db',
    volumes: '/a:/b:ro,Z',
    devices: '/dev/x:/dev/y:rwm',
  };
  for (const [name, text] of Object.entries(takes)) {
    const pattern = /"pattern":("(?:[^"\\]|\\.)*")/.exec(JSON.stringify(customSchemas[name]))?.[1] ?? '';
    expect(text).toMatch(new RegExp(JSON.parse(pattern) as string, 'u'));
  }
});
