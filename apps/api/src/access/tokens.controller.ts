import { Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { Answer } from '../http/answer.js';
import { API_PREFIX } from '../http/api-prefix.js';
import { readDryRun, TakesDryRun } from '../http/change-query.js';
import { encodeCursor } from '../http/cursor.js';
import { invalidQuery, type Query as QueryParameters, readPage } from '../http/page-query.js';
import { TakesQuery } from '../http/query.guard.js';
import { JsonBody, NoBody } from '../http/request-body.js';
import { TOKEN_OPERATIONS } from '../openapi/token-operations.js';
import type { TokenRecord } from '../store/token-store.js';
import type { Caller } from './caller.js';
import { CallerOf } from './caller-of.js';
import { Requires } from './requires.js';
import { isTokenName } from './token-request.js';
import { TokensService } from './tokens.service.js';

type TokenAnswer = Omit<TokenRecord, 'hash'>;

/** What a change of tokens would do. */
interface TokenPreview {
  result: 'created' | 'revoked';
  /** The one that there would be, or would be no more. */
  token: TokenAnswer;
}

@Controller('tokens')
export class TokensController {
  constructor(private readonly tokens: TokensService) {}

  @Get()
  @Requires('admin')
  @TOKEN_OPERATIONS.list
  @TakesQuery('limit', 'cursor')
  async list(@Query() query: QueryParameters): Promise<{ items: TokenAnswer[]; next_cursor: string | null }> {
    const { page, problems } = readPage(query, isTokenName);
    if (problems.length > 0) throw invalidQuery(problems);
    const { items, next_after } = await this.tokens.list(page);
    return { items: items.map(toAnswer), next_cursor: next_after === null ? null : encodeCursor(next_after) };
  }

  @Post()
  @Requires('admin')
  @TOKEN_OPERATIONS.create
  @TakesDryRun()
  async create(
    @JsonBody() body: unknown,
    @Query() query: QueryParameters,
    @CallerOf() caller: Caller,
  ): Promise<Answer> {
    const isDryRun = readDryRun(query);
    const { record, token } = await this.tokens.make(body, caller, isDryRun);
    const answer = toAnswer(record);
    const preview: TokenPreview = { result: 'created', token: answer };
    const location = `/${API_PREFIX}/tokens/${encodeURIComponent(record.name)}`;
    return new Answer(
      201,
      { token, ...answer, ...(isDryRun ? { preview } : {}) },
      { location, 'cache-control': 'no-store' },
    );
  }

  @Get(':token')
  @Requires('admin')
  @TOKEN_OPERATIONS.get
  async get(@Param('token') name: string): Promise<TokenAnswer> {
    return toAnswer(await this.tokens.get(name));
  }

  @Delete(':token')
  @Requires('admin')
  @TOKEN_OPERATIONS.revoke
  @TakesDryRun()
  async revoke(
    @Param('token') name: string,
    @Query() query: QueryParameters,
    @NoBody() _body: undefined,
  ): Promise<Answer> {
    if (readDryRun(query)) {
      const preview: TokenPreview = { result: 'revoked', token: toAnswer(await this.tokens.get(name)) };
      return new Answer(200, { preview });
    }
    await this.tokens.revoke(name);
    return new Answer(204, undefined);
  }
}

/** What is answered of a token: never a part of its secret. */
function toAnswer({ hash: _hash, ...token }: TokenRecord): TokenAnswer {
  return token;
}
