import type { z } from 'zod'
import { isLoopbackHost } from './hosts.ts'

/** What the environment says, without what is empty. */
export type Given = Readonly<Record<string, string>>

/** Between settings. Its problem never repeats a value: it might be a secret, or a secret under the wrong name. */
export type Rule<Name extends string = string> = readonly [name: Name, broken: boolean, problem: string]

/**
 * What does not parse falls back to its default, so that the rules between settings can still be checked.
 *
 * @param prefix what stands before the schema's names in the environment
 */
export function parseEach<Schema extends z.ZodObject>(
  schema: Schema,
  given: Given,
  prefix = '',
): { sound: z.output<Schema>; problems: string[] } {
  const result = schema.safeParse(given)
  if (result.success) return { sound: result.data, problems: [] }
  const rest = { ...given }
  for (const { path } of result.error.issues) delete rest[String(path[0])]
  const problems = result.error.issues.map(({ path, message }) => `${prefix}${String(path[0])}: ${message}`)
  return { sound: schema.parse(rest), problems }
}

export function findBroken(rules: readonly Rule[], prefix = ''): string[] {
  return rules.flatMap(([name, broken, problem]) => (broken ? [`${prefix}${name}: ${problem}`] : []))
}

/** For two that mean nothing without each other. */
export function pairRules<Name extends string>(given: Given, one: Name, other: Name): Rule<Name>[] {
  return [needsRule(given, one, other), needsRule(given, other, one)]
}

/** @param other what means nothing without it */
export function needsRule<Name extends string>(given: Given, name: Name, other: string): Rule<Name> {
  const alone = given[name] === undefined && given[other] !== undefined
  return [name, alone, `missing, expected together with ${other}`]
}

/** Plain http is for loopback in development. */
export function httpsRule<Name extends string>(
  name: Name,
  url: string | undefined,
  production: boolean,
): Rule<Name> {
  const isPlain = url !== undefined && new URL(url).protocol === 'http:'
  return [
    name,
    isPlain && (production || !isLoopback(url)),
    'not https, expected https in production, and beyond loopback always',
  ]
}

export function isLoopback(url: string): boolean {
  return isLoopbackHost(new URL(url).hostname)
}
