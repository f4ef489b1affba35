/** What the fields of a spec mean, for readers of the document. A field without an entry is documented without words. */
export const SPEC_DESCRIPTIONS: Readonly<Record<string, string>> = {
  app_name:
    'Unique. 1 to 63 letters, digits, `_`, `.` and `-`, beginning with a letter or digit. Containers are called `<app_name>-<n>`, n from 1.',
  docker_image: 'Image reference with optional registry, tag and digest. No tag means `latest`.',
  starting_ports:
    'Published ports: `80`, `"80"` or `{"81": "80"}` (host: container). Replica n, counted from 0, binds host port + n.',
  containers_per:
    'Replicas per worker; exactly one of `server` (or `instance`): that many; `cpu`: cores × x, rounded down; `memory` (or `mem`): memory ÷ x MiB, rounded down.',
  env_vars: 'Environment of every container, text by name.',
  running: '`false` stops the app everywhere: its containers are removed.',
  networks:
    'Networks to join, made where they are missing. `nebula` is joined as well, unless `host`, `none` or `container:<name>` stands alone.',
  volumes: "In Docker's form: `/host:/container[:ro]`, or a volume's name in place of the host path.",
  devices: "In Docker's form: `/dev/x[:/dev/y[:rwm]]`.",
  privileged: "Docker's privileged mode.",
  command: "Arguments in place of the image's command; `null` keeps it.",
};
