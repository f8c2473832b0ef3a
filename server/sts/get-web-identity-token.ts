import { defineAction } from '../aws/action.ts'
import { integer, list, oneOf, optional, params, text } from '../aws/params.ts'
import { isoSeconds } from '../base/clock.ts'
import { identityAlgorithms } from '../tokens/sign-identity-token.ts'
import type { StsDeps } from './deps.ts'
import * as given from './session-parameters.ts'

/**
 * A JWT that tells other services who the caller is; they verify it by our discovery document and keys.
 *
 * @throws {Refusal} outbound.* | access.denied | tags.invalid | audit.unavailable
 * @see AWS STS API reference, GetWebIdentityToken
 */
export const getWebIdentityToken = defineAction({
  name: 'GetWebIdentityToken',
  auth: 'signed',
  input: params({
    Audience: list(text({ min: 1, max: 1000, pattern: /^[\x21-\x7e]+$/, patternText: '[!-~]+' }), {
      max: 10,
      min: 1,
    }),
    DurationSeconds: optional(integer({ min: 60, max: 3600 }), 300),
    SigningAlgorithm: oneOf(...identityAlgorithms),
    Tags: given.tags,
  }),
  async handle(asked, { gate }: StsDeps, { caller, facts }) {
    const { token, expiresAtSeconds } = await gate.identityToken(
      caller,
      {
        audiences: asked.Audience,
        seconds: asked.DurationSeconds,
        algorithm: asked.SigningAlgorithm,
        ...(asked.Tags === undefined ? {} : { tags: asked.Tags }),
      },
      facts,
    )
    return { WebIdentityToken: token, Expiration: isoSeconds(expiresAtSeconds) }
  },
})
