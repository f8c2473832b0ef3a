import { type Reason, Refusal } from '../base/refusal.ts'
import { list, optional, type Param, structure, text } from './params.ts'

const characters = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]'

/** @see AWS IAM and STS API references, Tag */
export const tagKey = text({
  min: 1,
  max: 128,
  pattern: new RegExp(`^${characters}+$`, 'u'),
  patternText: `${characters}+`,
})
const tagValue = text({
  max: 256,
  pattern: new RegExp(`^${characters}*$`, 'u'),
  patternText: `${characters}*`,
})
const pairList = optional(list(structure({ Key: tagKey, Value: tagValue }), { max: 50 }))

/**
 * `Tags.member.N.Key` and `.Value`, as a record.
 *
 * @param reason of the refusal of a key twice, in whatever case, or of one of AWS's own
 */
export function tagsParam(reason: Reason): Param<Readonly<Record<string, string>> | undefined> {
  const invalid = (message: string) => new Refusal(reason, { said: { message } })
  return {
    required: false,
    read(form, at, problems) {
      const before = problems.length
      const pairs = pairList.read(form, at, problems)
      if (pairs === undefined || problems.length > before) return undefined
      const keys = new Set(pairs.map(({ Key }) => Key.toLowerCase()))
      if (keys.size < pairs.length) {
        throw invalid('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
      }
      if ([...keys].some(key => key.startsWith('aws:'))) {
        throw invalid('aws: prefixed tag key names are not allowed for external use.')
      }
      return Object.fromEntries(pairs.map(({ Key, Value }) => [Key, Value]))
    },
  }
}
