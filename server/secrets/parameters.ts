import { type Form, list, optional, type Param, problem, structure, text } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'

/** What every store keeps as it came: PostgreSQL's text has no NUL, and half a surrogate pair is no character. */
const storable = { pattern: /^[^\0\p{Cs}]*$/u, patternText: '[^\\u0000\\p{Cs}]*' }

/** @see AWS Secrets Manager API reference: parameters that several actions have alike */
export const secretId = spelt(/^[A-Za-z0-9/_+=.@!:-]*$/, text({ min: 1, max: 2048 }))
/** Neither `*` nor `?`, which mean more than themselves in the policies that name it; nor `:`, which begins an ARN. */
export const secretName = spelt(/^[A-Za-z0-9/_+=.@!-]*$/, text({ min: 1, max: 512 }))
export const versionId = text({ min: 32, max: 64, ...storable })
export const stage = text({ min: 1, max: 256, ...storable })
export const stages = list(stage, { min: 1, max: 20 })
export const requestToken = optional(versionId)
export const description = optional(text({ max: 2048, ...storable }))
export const kmsKeyId = optional(text({ max: 2048, ...storable }))
/** Of a secret that another company rotates through AWS. */
export const partnerType = optional(text({ max: 512, ...storable }))
export const nextToken = optional(text({ min: 1, max: 4096 }))
export const tags = list(structure({ Key: text({ min: 1, max: 128 }), Value: text({ max: 256 }) }), {
  max: 50,
})

/** @throws {Refusal} request.invalid, in the words that AWS has for it */
function spelt(pattern: RegExp, param: Param<string>): Param<string> {
  return {
    required: true,
    read(form, path, problems) {
      const value = param.read(form, path, problems)
      if (value === undefined || pattern.test(value)) return value
      const message =
        'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!'
      throw new Refusal('request.invalid', { said: { message } })
    },
  }
}

const mostBytes = 65_536

/** Never shown back, nor to whoever reads the fault in a log. */
export const secretString: Param<string | undefined> = optional(
  checked(
    // Half a surrogate pair has no bytes of its own: another text would come back than went in.
    value => (value.isWellFormed() ? sizeOf(Buffer.byteLength(value)) : 'Member must be well-formed Unicode'),
    value => value,
  ),
)

/** Base64, as the JSON protocol writes bytes. */
export const secretBinary: Param<Buffer | undefined> = optional(
  checked(
    value =>
      value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value)
        ? sizeOf(Buffer.byteLength(value, 'base64'))
        : 'Member must be base64 encoded',
    value => Buffer.from(value, 'base64'),
  ),
)

function sizeOf(bytes: number): string | undefined {
  if (bytes < 1) return 'Member must have length greater than or equal to 1'
  return bytes > mostBytes ? `Member must have length less than or equal to ${mostBytes}` : undefined
}

function checked<T>(wrongWith: (text: string) => string | undefined, read: (text: string) => T): Param<T> {
  return {
    required: true,
    read(form, path, problems) {
      requireText(form, path)
      const value = form.get(path)
      if (value === undefined) return undefined
      const wrong = wrongWith(value)
      if (wrong !== undefined) problems.push(problem('***', path, wrong))
      return wrong === undefined ? read(value) : undefined
    },
  }
}

/**
 * A value that JSON has as an object would be passed over, and an empty secret made of it; a long number would come back
 * rounded.
 *
 * @throws {Refusal} request.malformed
 */
function requireText(form: Form, path: string): void {
  const isOther = form.notText?.has(path) || [...form.keys()].some(name => name.startsWith(`${path}.`))
  if (isOther) throw new Refusal('request.malformed', { detail: `${path} is no text` })
}
