import type { Param } from '../aws/params.ts'
import { list, optional, problem, structure, text } from '../aws/params.ts'

/** @see AWS Secrets Manager API reference: parameters that several actions have alike */
export const secretId = text({ min: 1, max: 2048 })
export const secretName = text({ min: 1, max: 512 })
export const versionId = text({ min: 32, max: 64 })
export const stage = text({ min: 1, max: 256 })
export const stages = list(stage, { min: 1, max: 20 })
export const requestToken = optional(versionId)
export const description = optional(text({ max: 2048 }))
export const kmsKeyId = optional(text({ max: 2048 }))
export const nextToken = optional(text({ min: 1, max: 4096 }))
export const tags = list(structure({ Key: text({ min: 1, max: 128 }), Value: text({ max: 256 }) }), {
  max: 50,
})
export const filters = list(
  structure({
    Key: text({ min: 1, max: 20 }),
    Values: list(text({ min: 1, max: 512 }), { min: 1, max: 10 }),
  }),
  { max: 10 },
)

const mostBytes = 65_536

/** Never shown back, nor to whoever reads the fault in a log. */
export const secretString: Param<string | undefined> = optional(
  checked(
    value => sizeOf(Buffer.byteLength(value)),
    value => value,
  ),
)

/** Base64, as the JSON protocol writes bytes. */
export const secretBinary: Param<Buffer | undefined> = optional(
  checked(
    value =>
      /^[A-Za-z0-9+/]*={0,2}$/.test(value)
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
      const value = form.get(path)
      if (value === undefined) return undefined
      const wrong = wrongWith(value)
      if (wrong !== undefined) problems.push(problem('***', path, wrong))
      return wrong === undefined ? read(value) : undefined
    },
  }
}
