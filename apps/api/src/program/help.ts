import { describeKeys, RABBIT_KEYS } from '@nebula/configuration';
import { API_KEYS } from './configuration.js';
import { SETUP_KEYS } from './setup-configuration.js';

export function apiHelp(): string {
  const shared = new Set(Object.keys(RABBIT_KEYS));
  const own = Object.fromEntries(Object.entries(SETUP_KEYS).filter(([key]) => !shared.has(key)));
  return `Usage: npm run api [-- COMMAND], or node main.js [COMMAND]

Commands
  serve          (when none is given) runs the api: REST, all state in MongoDB, changes sent out through RabbitMQ.
                 Any number of them can run beside each other. It may start before MongoDB and RabbitMQ are there.
  setup-broker   creates on RabbitMQ what api and workers need (virtual host, users with their rights, limits, the
                 queue of reports), as administrator through the management plugin. It can be run again at any time;
                 passwords are set to those given. An api that knows an administrator makes by itself what is missing.
  rotate-secrets seals the values of secret_env_vars in the database with the first of secret_keys, after a new key
                 was put there before the old one. It can be run at any time, and again, by the version
                 that the apis have.
  backup FILE    writes all of the database that can't be made anew into a new file, while apis work. It needs to
                 know the database alone: mongo_url and schema_name, or sqlite_file.
  restore FILE [--without-keys]
                 brings a backup into an empty database, be it of another kind. No api may use it meanwhile. It needs
                 to know the database, and secret_keys: where these lack the key of a secret in the backup, nothing is
                 restored. With --without-keys all is, and apps with such a secret are not sent out until it can be read.
  -h, --help     print this

Configuration: an environment variable (upper case of the key) or a key in conf.json. The environment wins.
${describeKeys(API_KEYS).trimEnd()}

Configuration of setup-broker: the rabbit_* keys above, and
${describeKeys(own as typeof SETUP_KEYS).trimEnd()}

Other environment variables
  CONF_FILE      path of the configuration file, default conf.json in the working directory

Exit codes
  0    stopped by a signal, in order; or all is done
  1    the set-up, the rotation, the backup or the restore failed
  2    unknown argument
  78   bad configuration: a key, or a port in use; one line each
  130  a second signal ended it before the shutdown was done

Example
  MONGO_URL=mongodb://db.example/ RABBIT_HOST=rabbit.example RABBIT_VHOST=nebula RABBIT_USER=nebula-api RABBIT_PASSWORD=… npm run api
`;
}
