import { fileURLToPath } from 'node:url';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { DOCUMENT_PATH, DOCUMENTATION_PAGE } from '../http/documentation-paths.js';
import { buildDocument } from './document.js';

/** Defined in a bundle alone, which has the files of the page in a folder beside it. */
declare const NEBULA_SWAGGER_UI: string | undefined;

/**
 * Serves Swagger UI from this machine alone, and the document that it shows. The document is made when it is
 * first asked for.
 */
export function serveDocumentation(api: NestFastifyApplication, version: string): void {
  let document: OpenAPIObject | null = null;
  SwaggerModule.setup(DOCUMENTATION_PAGE, api, () => (document ??= buildDocument(api, version)), {
    raw: ['json'],
    jsonDocumentUrl: DOCUMENT_PATH,
    customSiteTitle: 'Nebula',
    ...filesOfPage(),
    // The badge would be fetched from a server of others.
    swaggerOptions: { validatorUrl: null },
  });
}

function filesOfPage(): { customSwaggerUiPath?: string } {
  if (typeof NEBULA_SWAGGER_UI !== 'string') return {};
  return { customSwaggerUiPath: fileURLToPath(new URL(NEBULA_SWAGGER_UI, import.meta.url)) };
}
