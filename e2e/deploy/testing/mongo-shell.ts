import { runInNewContext } from 'node:vm';
import { type DatabaseLogin, mongoCommand, urlWithLogin } from '../../../tools/services/mongo-users.mjs';
import type { OwnMongo } from '../../../tools/services/mongo.mjs';

/** What `createUser` of `mongosh` is given. */
interface NewUser {
  user: string;
  pwd: string;
  roles: object[];
}

/**
 * Does what a line says that is typed in `mongosh`, with as much of that as it takes to make a user: it is some hundred
 * packages, which take minutes to install.
 * @param line with one `createUser`
 * @param server FerretDB knows no roles, so it is given none
 * @param admin null where nobody is asked for a login
 * @param password that is typed when the line asks for one
 */
export async function typeInMongosh(
  line: string,
  { url, kind }: Pick<OwnMongo, 'url' | 'kind'>,
  admin: DatabaseLogin | null,
  password: string,
): Promise<void> {
  const asked: [database: string, text: string][] = [];
  const getSiblingDB = (database: string) => ({
    createUser: (user: NewUser) => asked.push([database, JSON.stringify(user)]),
  });
  runInNewContext(line, { db: { getSiblingDB }, passwordPrompt: () => password });
  const [[database, text] = ['', ''], ...more] = asked;
  if (database === '' || more.length > 0) throw new Error(`not one user is made by ${line}`);
  const { user, pwd, roles } = JSON.parse(text) as NewUser;
  await mongoCommand(admin ? urlWithLogin(url, admin) : url, database, {
    ...{ createUser: user, pwd, roles: kind === 'FerretDB' ? [] : roles },
  });
}
