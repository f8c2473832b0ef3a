import { map } from '../aws/map-param.ts'
import { flag, integer, list, optional, structure, text } from '../aws/params.ts'

/** @see Amazon Cognito Federated Identities API reference: parameters that several actions have alike */
const idText = text({ min: 1, max: 55, pattern: /^[\w-]+:[0-9a-f-]+$/, patternText: '[\\w-]+:[0-9a-f-]+' })
export const poolId = idText
export const identityId = idText
export const resourceArn = text({ min: 20, max: 2048, pattern: /^\S+$/, patternText: '[\\S]+' })
export const providerName = text({ min: 1, max: 128 })
export const developerProvider = text({
  min: 1,
  max: 128,
  pattern: /^[\w._-]+$/,
  patternText: '[\\w._-]+',
})
export const developerUser = text({ min: 1, max: 1024, pattern: /^[^\p{Cc}\p{Cs}]+$/u })
/** Provider names to tokens. */
export const logins = map(text({ min: 1, max: 128 }), text({ min: 1, max: 50_000, secret: true }), {
  max: 10,
})
export const roleArn = text({ min: 20, max: 2048, pattern: /^arn:[\x21-\x7e]+$/ })
export const maxResults = integer({ min: 1, max: 60 })
export const nextToken = optional(text({ min: 1, max: 1024, pattern: /^\S+$/, patternText: '[\\S]+' }))
export const tags = map(text({ min: 1, max: 128 }), text({ max: 256 }), { max: 50 })
/** Tags by their names, to a claim's name or to a value. */
export const principalTags = map(text({ min: 1, max: 128 }), text({ min: 1, max: 256 }), { max: 50 })

/** What a pool is made with, and made anew when it is updated. */
export const poolMembers = {
  IdentityPoolName: text({
    min: 1,
    max: 128,
    pattern: /^[\w\s+=,.@-]+$/,
    patternText: '[\\w\\s+=,.@-]+',
  }),
  AllowUnauthenticatedIdentities: flag(),
  AllowClassicFlow: optional(flag()),
  SupportedLoginProviders: optional(
    map(
      text({ min: 1, max: 128, pattern: /^[\w._/-]+$/ }),
      text({ min: 1, max: 128, pattern: /^[\w.;_/-]+$/ }),
      { max: 10 },
    ),
  ),
  DeveloperProviderName: optional(developerProvider),
  OpenIdConnectProviderARNs: optional(list(resourceArn, { max: 60 }), []),
  CognitoIdentityProviders: optional(
    list(
      structure({
        ProviderName: text({ min: 1, max: 128, pattern: /^[\w._:/-]+$/ }),
        ClientId: text({ min: 1, max: 128, pattern: /^[\w_]+$/ }),
        ServerSideTokenCheck: optional(flag()),
      }),
      { max: 60 },
    ),
    [],
  ),
  SamlProviderARNs: optional(list(resourceArn, { max: 60 }), []),
  IdentityPoolTags: optional(tags),
}
