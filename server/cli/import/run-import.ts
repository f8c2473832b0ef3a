import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { CommandError, type ExitCode } from '../command.ts'
import { type Fate, importOne } from './import-one.ts'
import { fitOrNot, type Item, type Source, type Unfit } from './item.ts'
import { createProgress } from './progress.ts'
import { concernsAll, sentenceOf } from './wire-failure.ts'

export type ImportOptions = {
  output: NodeJS.WritableStream
  /** In front of every name. */
  prefix: string
  overwrite: boolean
  dryRun: boolean
}

const words = {
  create: ['create', 'made'],
  fill: ['first value', 'given a first value'],
  overwrite: ['overwrite', 'overwritten'],
  same: ['same', 'the same already'],
  differs: ['differs', 'left, since another value is there (--overwrite takes this one)'],
  deleted: [
    'deleted',
    'left, since one of that name is marked for deletion (restore-secret takes the mark away)',
  ],
  problem: ['problem', 'with a problem'],
} as const satisfies Record<Fate | 'problem', readonly [string, string]>

type Outcome = keyof typeof words

/** Brings in what a source has, one after the other. 1 when anything was left that should have come. */
export async function runImport(
  source: Source,
  client: SecretsManagerClient,
  options: ImportOptions,
): Promise<ExitCode> {
  const { output, prefix, dryRun } = options
  const counts = new Map<Outcome, number>()
  const progress = createProgress(output, source.count)
  try {
    for await (const found of source.items()) {
      const named = { ...found, name: prefix + found.name }
      const { name, outcome, why } = await settle('unfit' in named ? named : fitOrNot(named), client, options)
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
      const isOdd = outcome === 'problem' || outcome === 'differs' || outcome === 'deleted'
      progress.step(
        `${words[outcome][0].padEnd(11)}  ${name}${why === undefined ? '' : `: ${why}`}`,
        isOdd || dryRun,
      )
    }
  } finally {
    progress.end()
  }
  output.write(`${sum(counts, dryRun)}\n`)
  return [...counts.keys()].some(outcome => ['problem', 'differs', 'deleted'].includes(outcome)) ? 1 : 0
}

async function settle(found: Item | Unfit, client: SecretsManagerClient, options: ImportOptions) {
  const { name } = found
  if ('unfit' in found) return { name, outcome: 'problem', why: found.unfit } as const
  try {
    return { name, outcome: await importOne(found, { client, ...options }) } as const
  } catch (error) {
    if (concernsAll(error)) throw new CommandError(`The import stopped at ${name}: ${sentenceOf(error)}`)
    return { name, outcome: 'problem', why: sentenceOf(error) } as const
  }
}

function sum(counts: ReadonlyMap<Outcome, number>, dryRun: boolean): string {
  const parts = (Object.keys(words) as Outcome[]).flatMap(outcome => {
    const count = counts.get(outcome)
    return count === undefined ? [] : [`${count} ${words[outcome][1]}`]
  })
  const all = parts.length === 0 ? 'Nothing was there to import' : parts.join(', ')
  return dryRun ? `This was a dry run; nothing was written. It would be: ${all}.` : `${all}.`
}
