import { expect } from '@jest/globals';
import { type AnySchemaObject, Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { ApiUnderTest, HttpAnswer } from '../../testing/api-under-test.js';

interface Media {
  schema?: AnySchemaObject;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

interface Response {
  description: string;
  headers?: Record<string, { schema: AnySchemaObject }>;
  content?: Record<string, Media>;
}

export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  security?: Record<string, string[]>[];
  tags: string[];
  parameters?: { name: string; in: string; required?: boolean; schema: AnySchemaObject; example?: unknown }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Response>;
}

interface Document {
  openapi: string;
  info: { description: string };
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, AnySchemaObject> };
}

/** An operation, and its method and path in the form of the document. */
export interface Call {
  method: string;
  path: string;
  operation: Operation;
}

const ROOT = 'urn:nebula:document';

/** The document of a running api, whose schemas can be asked. */
export class ApiDocument {
  readonly ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });

  private constructor(readonly document: Document) {
    addFormats.default(this.ajv);
    this.ajv.addVocabulary(['components', 'example']);
    this.ajv.addSchema({ $id: ROOT, components: document.components });
  }

  static async of(api: ApiUnderTest): Promise<ApiDocument> {
    const { status, body } = await api.call('GET', '/openapi.json');
    expect(status).toBe(200);
    return new ApiDocument(body as Document);
  }

  get calls(): Call[] {
    return Object.entries(this.document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operation,
      })),
    );
  }

  /** Every body that the document shows, requests and responses, with where it stands. */
  get media(): { place: string; media: Media }[] {
    return this.calls.flatMap(({ operation: { operationId, requestBody, responses } }) => [
      ...Object.values(requestBody?.content ?? {}).map((media) => ({ place: `${operationId} body`, media })),
      ...Object.entries(responses).flatMap(([status, { content = {} }]) =>
        Object.values(content).map((media) => ({ place: `${operationId} ${status}`, media })),
      ),
    ]);
  }

  /** Null when a value is as a component schema says, else what is wrong. */
  flawsOf(schema: string | AnySchemaObject, value: unknown): string | null {
    const validate = this.validator(schema);
    return validate(value) ? null : this.ajv.errorsText(validate.errors);
  }

  /** Asserts that an answer is one that the document tells of: status, type, headers and body. */
  expectTold({ operation }: Call, { status, headers, body }: HttpAnswer): void {
    const response = operation.responses[status];
    const place = `${operation.operationId} ${status}`;
    expect({ place, isTold: response !== undefined }).toEqual({ place, isTold: true });
    for (const name of Object.keys(response?.headers ?? {})) {
      expect({ place, name, value: headers.get(name) }).toEqual({ place, name, value: expect.any(String) });
    }
    const type = headers.get('content-type')?.split(';')[0] ?? null;
    const [[told = null, media] = []] = Object.entries(response?.content ?? {});
    expect({ place, type }).toEqual({ place, type: told });
    if (media?.schema)
      expect({ place, flaws: this.flawsOf(media.schema, body) }).toEqual({ place, flaws: null });
  }

  private validator(schema: string | AnySchemaObject): ValidateFunction {
    const name =
      typeof schema === 'string'
        ? schema
        : /^#\/components\/schemas\/(\w+)$/.exec(schema['$ref'] as string)?.[1];
    if (name === undefined) return this.ajv.compile(schema as AnySchemaObject);
    const found = this.ajv.getSchema(`${ROOT}#/components/schemas/${name}`);
    if (!found) throw new Error(`there is no schema ${name}`);
    return found;
  }
}
