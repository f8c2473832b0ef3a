import { integer, list, optional, type Param, structure, text } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'

/** @see AWS IAM API reference, the patterns of RoleName, Path, policyNameType, arnType and tags */
const namePattern = { pattern: /^[\w+=,.@-]+$/, patternText: '[\\w+=,.@-]+' }

export const roleName = text({ min: 1, max: 64, ...namePattern })
export const policyName = text({ min: 1, max: 128, ...namePattern })
export const policyDocument = text({ min: 1, max: 131_072 })
export const arn = text({ min: 20, max: 2048 })
export const description = optional(text({ max: 1000 }))

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

export const marker = optional(text({ min: 1, max: 320 }))
export const maxItems = optional(integer({ min: 1, max: 1000 }), 100)

const tagList = optional(
  list(structure({ Key: text({ min: 1, max: 128 }), Value: text({ max: 256 }) }), { max: 50 }),
)

/** `Tags.member.N.Key` and `.Value`, as a record. */
export const tags: Param<Readonly<Record<string, string>> | undefined> = {
  required: false,
  read(form, at, problems) {
    const pairs = tagList.read(form, at, problems)
    if (pairs === undefined || problems.length > 0) return undefined
    const keys = new Set(pairs.map(({ Key }) => Key.toLowerCase()))
    if (keys.size < pairs.length) {
      throw new Refusal('entity.invalid', {
        said: { message: 'Duplicate tag keys found. Please note that Tag keys are case insensitive.' },
      })
    }
    return Object.fromEntries(pairs.map(({ Key, Value }) => [Key, Value]))
  },
}

/** For parameters that would change what is granted, and are not built yet. */
export const notSupported: Param<undefined> = {
  required: false,
  read(form, at) {
    if (!form.has(at)) return undefined
    throw new Refusal('entity.invalid', { said: { message: `${at} is not supported` } })
  },
}
