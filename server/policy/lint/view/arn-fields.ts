import { covers, type Effort, newEffort, type Token, tokensOf } from './glob.ts'

const fieldCount = 6

/** `arn`, partition, service, region, account, resource; fewer when they are not all there. */
export function arnFields(text: string): string[] {
  const fields: string[] = []
  let from = 0
  while (fields.length < fieldCount - 1) {
    const end = text.indexOf(':', from)
    const variable = text.indexOf('${', from)
    // A variable too early swallows what follows, as it does for the engine: it acts in the last field alone.
    if (end < 0 || (variable >= 0 && variable < end)) break
    fields.push(text.slice(from, end))
    from = end + 1
  }
  return [...fields, text.slice(from)]
}

export function isWholeArn(text: string): boolean {
  return arnFields(text).length === fieldCount
}

/** Without wildcards or variables, so that it can be judged by itself. */
export function isPlain(field: string | undefined): field is string {
  return field !== undefined && !/[*?]|\$\{/.test(field)
}

/** The fields of what ARNs are compared with in a condition; undefined for what fits none. */
export type ArnTokens = readonly (readonly Token[])[]

/** `*`, and `arn:aws:s3*`, are filled up. */
export function arnTokens(text: string, variables: boolean): ArnTokens | undefined {
  const fields = text === '*' ? [] : arnFields(text)
  if (fields.length < fieldCount && !text.endsWith('*')) return undefined
  while (fields.length < fieldCount) fields.push('*')
  return fields.map((field, n) => tokensOf(field, variables && n === fieldCount - 1))
}

/** Whether every ARN that the narrow one means is meant by the wide one. */
export function arnCovers(wide: ArnTokens, narrow: ArnTokens, effort: Effort): boolean {
  return wide.every((field, n) => covers(field, narrow[n] ?? [], effort))
}

/**
 * What a Resource means, from end to end. A `*` within one of the first fields, and a `?`, stay in it: they are
 * left as they are, each a token that nothing but itself or a `*` that crosses covers.
 */
export function resourceTokens(text: string, variables: boolean): Token[] {
  if (/^\*+$/.test(text)) return tokensOf('*', false)
  const fields = arnFields(text)
  while (fields.length < fieldCount) fields.push('*')
  const head = fields.slice(0, -1).flatMap(field => {
    const ending = field.length - (/\*+$/.exec(field)?.[0].length ?? 0)
    const within = Array.from(field.slice(0, ending), one =>
      one === '*' || one === '?' ? `${one} within` : one,
    )
    return [...within, ...tokensOf(`${field.slice(ending)}:`, false)]
  })
  return [...head, ...tokensOf(fields.at(-1) ?? '', variables)]
}

/** Whether a pattern means every resource of a kind that there is in an account: such as `iam` and `role/*`. */
export function meansEvery(pattern: string, service: string, kind: string, variables: boolean): boolean {
  const fields = arnFields(pattern)
  const effort = newEffort()
  const field = (n: number) => tokensOf(fields[n] ?? '*', variables && n === fieldCount - 1)
  return (
    covers(field(2), tokensOf(service, false), effort) &&
    covers(field(fieldCount - 1), tokensOf(kind, false), effort)
  )
}
