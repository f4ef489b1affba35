import { describe, expect, it } from '@jest/globals';
import { specOf } from '../testing/spec.js';
import { containerConfig } from './container-config.js';

const draft = {
  name: 'shop-2',
  scope: 'default',
  node: 'box',
  replica: 2,
  fingerprint: 'v1:abc',
  image: 'sha256:1',
  ports: [],
  networks: ['nebula'],
  spec: specOf(),
};

describe("Docker's options of a container", () => {
  it('are few for a spec without any', () => {
    expect(containerConfig(draft)).toEqual({
      Image: 'sha256:1',
      Env: ['NEBULA_APP_NAME=shop', 'NEBULA_REPLICA=2', 'NEBULA_NODE=box'],
      Labels: {
        'nebula.scope': 'default',
        'nebula.app': 'shop',
        'nebula.replica': '2',
        'nebula.fingerprint': 'v1:abc',
        app_name: 'shop',
      },
      ExposedPorts: {},
      StopTimeout: 10,
      HostConfig: {
        PidsLimit: -1,
        PortBindings: {},
        Binds: [],
        Devices: [],
        Privileged: false,
        RestartPolicy: { Name: 'always' },
        NetworkMode: 'nebula',
      },
    });
  });

  it('have everything that a spec can say', () => {
    const spec = specOf({
      env_vars: { NEBULA_REPLICA: 'mine', EMPTY: '', MULTI: 'a=b\nc' },
      volumes: ['/srv/data:/data', 'cache:/cache:ro'],
      devices: ['/dev/null:/dev/x:rw', '/dev/zero'],
      privileged: true,
      command: ['serve', '--port', '80'],
    });
    const ports = [
      { host_port: 81, container_port: 80 },
      { host_port: 444, container_port: 443 },
      { host_port: 8081, container_port: 80 },
    ];
    const config = containerConfig({ ...draft, spec, ports, networks: ['nebula', 'front', 'back'] });
    expect(config).toMatchObject({
      Cmd: ['serve', '--port', '80'],
      Env: ['NEBULA_APP_NAME=shop', 'NEBULA_REPLICA=mine', 'NEBULA_NODE=box', 'EMPTY=', 'MULTI=a=b\nc'],
      ExposedPorts: { '80/tcp': {}, '443/tcp': {} },
      HostConfig: {
        PortBindings: {
          '80/tcp': [{ HostPort: '81' }, { HostPort: '8081' }],
          '443/tcp': [{ HostPort: '444' }],
        },
        Binds: ['/srv/data:/data:rw', 'cache:/cache:ro'],
        Devices: [
          { PathOnHost: '/dev/null', PathInContainer: '/dev/x', CgroupPermissions: 'rw' },
          { PathOnHost: '/dev/zero', PathInContainer: '/dev/zero', CgroupPermissions: 'rwm' },
        ],
        Privileged: true,
        NetworkMode: 'nebula',
      },
    });
  });
});
