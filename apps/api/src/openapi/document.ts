import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { MERGE_PATCH_TYPE } from '../http/body-parsers.js';
import { PROBLEM_MEDIA_TYPE } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import { appSchemas } from './app-schemas.js';
import { applySchemas } from './apply-schemas.js';
import { changeSchemas } from './change-schemas.js';
import { contractProperties } from './contract-schemas.js';
import { diagnosticsSchemas } from './diagnostics-operation.js';
import { ref, type Schema } from './schema.js';
import { declareSecurity, requirementsOf } from './security.js';
import { sharedSchemas } from './shared-schemas.js';
import { statusSchemas } from './status-schemas.js';
import { tokenSchemas } from './token-schemas.js';
import { workerSchemas } from './worker-schemas.js';

/** The OpenAPI 3.1 document of a running api. */
export function buildDocument(api: INestApplication, version: string): OpenAPIObject {
  const description = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Nebula')
    .setDescription(introduction())
    .setVersion(version)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .addTag('apps', 'What every worker shall run')
    .addTag('workers', 'The servers that run them')
    .addTag('events', 'What happens, as it happens')
    .addTag('tokens', 'What other programs log in with')
    .addTag('health', 'Whether the program lives and can serve')
    .addBasicAuth({ type: 'http', description: 'The user and password of the configuration.' }, 'basic')
    .addBearerAuth(
      {
        type: 'http',
        description: 'A token that was made with `createToken`, or `auth_token` of the configuration.',
      },
      'bearer',
    )
    .addGlobalResponse({
      status: 'default',
      description: 'Any other error',
      content: { [PROBLEM_MEDIA_TYPE]: { schema: ref('Problem') } },
    })
    .build();
  const document = SwaggerModule.createDocument(api, description, { autoTagControllers: false });
  declareSecurity(document, requirementsOf(api));
  document.components = { ...document.components, schemas: componentSchemas() };
  return document;
}

/** Every schema that the operations refer to, by name. */
export function componentSchemas(): Record<string, Schema> {
  const contracts = contractProperties();
  return {
    ...appSchemas(contracts['AppSpec'] ?? {}),
    ...applySchemas(contracts['AppSpec']?.['app_name'] ?? {}),
    ...changeSchemas(contracts['AppSpec']?.['app_name'] ?? {}),
    ...statusSchemas(contracts),
    ...workerSchemas(contracts),
    ...tokenSchemas(),
    ...diagnosticsSchemas(),
    ...sharedSchemas(),
  };
}

function introduction(): string {
  const rows = Object.values(PROBLEMS).map(
    ({ type, status, title }) => `| ${status} | \`${type}\` | ${title} |`,
  );
  return [
    'Desired state in, status out: one call changes an app on every worker.',
    '',
    'Errors are `application/problem+json` (RFC 9457). Their `type` is one of:',
    '',
    '| status | type | meaning |',
    '|---|---|---|',
    ...rows,
    '',
    `A patch is of the type \`${MERGE_PATCH_TYPE}\`; \`application/json\` is taken for it too. Bodies are at most 256 kB.`,
  ].join('\n');
}
