import { integer, list, optional, type Param, text } from '../aws/params.ts'
import { tagKey, tagsParam } from '../aws/tags-param.ts'
import { longestSubject } from '../base/federated-identity.ts'

/** @see AWS IAM API reference, the patterns of RoleName, Path, policyNameType, arnType and tags */
const namePattern = { pattern: /^[\w+=,.@-]+$/, patternText: '[\\w+=,.@-]+' }

export const roleName = text({ min: 1, max: 64, ...namePattern })
/** Of a user that is made; one that is asked for may be longer, and is then not found. */
export const newUserName = text({ min: 1, max: 64, ...namePattern })
export const existingName = text({ min: 1, max: 128, ...namePattern })
export const groupName = existingName
export const deviceName = text({ min: 1, max: 226, ...namePattern })
export const policyName = text({ min: 1, max: 128, ...namePattern })
export const policyDocument = text({
  min: 1,
  max: 131_072,
  pattern: /^[\u0009\u000a\u000d\u0020-\u00ff]+$/,
  patternText: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
})
export const arn = text({ min: 20, max: 2048 })
const printable = { min: 1, pattern: /^[^\p{Cc}\p{Cs}]+$/u, patternText: '[\\P{Cc}]+' }
/** What providers call themselves. */
export const issuer = text({ max: 255, ...printable })
/** What they call their people. Longer ones, in bytes, are nobody's. */
export const subject = text({ max: longestSubject, ...printable })
export const uniqueId = text({ min: 16, max: 128, pattern: /^\w+$/, patternText: '[\\w]+' })
export const thumbprint = text({ min: 40, max: 40, pattern: /^[0-9a-fA-F]+$/, patternText: '[0-9a-fA-F]+' })
export const policyDescription = optional(text({ max: 1000 }))
export const requiredRoleDescription = text({
  max: 1000,
  pattern: /^[\u0009\u000a\u000d\u0020-\u007e\u00a1-\u00ff]*$/,
  patternText: '[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*',
})
export const roleDescription = optional(requiredRoleDescription)

export const path: Param<string> = optional(
  text({
    min: 1,
    max: 512,
    pattern: /^(\/|\/[\u0021-\u007e]+\/)$/,
    patternText: '(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)',
  }),
  '/',
)

export const pathPrefix: Param<string> = optional(
  text({ min: 1, max: 512, pattern: /^\/[\u0021-\u007f]*$/, patternText: '\\u002F[\\u0021-\\u007F]*' }),
  '/',
)

/** Of managed policies, which allow fewer characters. It ends in a slash, also as a prefix. */
export const policyPath: Param<string> = optional(
  text({
    min: 1,
    max: 512,
    pattern: /^((\/[A-Za-z0-9.,+@=_-]+)*)\/$/,
    patternText: '((/[A-Za-z0-9\\.,\\+@=_-]+)*)/',
  }),
  '/',
)

export const marker = optional(
  text({ min: 1, max: 320, pattern: /^[\u0020-\u00ff]+$/, patternText: '[\\u0020-\\u00FF]+' }),
)
export const maxItems = optional(integer({ min: 1, max: 1000 }), 100)
export const paging = { Marker: marker, MaxItems: maxItems }

/** `Tags.member.N.Key` and `.Value`, as a record. */
export const tags = tagsParam('entity.invalid')

/** The same, where there must be some. */
export const requiredTags: Param<Readonly<Record<string, string>>> = {
  required: true,
  read: (form, at, problems) => tags.read(form, at, problems),
}

/** The keys of tags that are to be taken away. */
export const tagKeys = list(tagKey, { max: 50 })
