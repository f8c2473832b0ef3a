import { defineAction } from '../aws/action.ts'
import { flag, integer, oneOf, optional, params } from '../aws/params.ts'
import type { SecretsDeps } from './deps.ts'
import { wireSecret } from './describe-secret.ts'
import { compileFilters, filters } from './filters.ts'
import { anywhere } from './find-secret.ts'
import * as given from './parameters.ts'
import { pageOfSecrets, sortKeys } from './secret-pages.ts'
import { byVersion } from './stages.ts'

/**
 * Where hardly any fits the filters a page may be short, or empty, and yet not the last: it has a token then.
 *
 * @throws {Refusal} request.invalid | secret.nextToken
 * @see AWS Secrets Manager API reference, ListSecrets
 */
export const listSecrets = defineAction({
  name: 'ListSecrets',
  auth: 'signed',
  input: params({
    IncludePlannedDeletion: optional(flag(), false),
    MaxResults: optional(integer({ min: 1, max: 100 }), 100),
    NextToken: given.nextToken,
    Filters: optional(filters, []),
    SortOrder: optional(oneOf('asc', 'desc'), 'desc'),
    SortBy: optional(oneOf(...sortKeys), 'created-date'),
  }),
  permission: () => anywhere('ListSecrets'),
  async handle(asked, deps: SecretsDeps) {
    const fits = compileFilters(asked.Filters)
    const { items, next } = await pageOfSecrets(
      {
        list: 'secrets',
        sortBy: asked.SortBy,
        order: asked.SortOrder,
        isShown: secret => (asked.IncludePlannedDeletion || secret.deletedAtMs === undefined) && fits(secret),
        most: asked.MaxResults,
        token: asked.NextToken,
      },
      deps,
    )
    return {
      SecretList: items.map(secret => ({
        ...wireSecret(secret, deps),
        SecretVersionsToStages: byVersion(secret.stages),
      })),
      NextToken: next,
    }
  },
})
