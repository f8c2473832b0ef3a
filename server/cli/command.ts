import type { Readable } from 'node:stream'
import type { parseArgs } from 'node:util'

/** Where a command prints, and what it may read. */
export type Terminal = { output: NodeJS.WritableStream; input: Readable }

/** 0: all is well. 1: a problem was found. 2: it could not be asked. */
export type ExitCode = 0 | 1 | 2

export type Options = Readonly<Record<string, string | undefined>>

export type Command = {
  /** The words that it is called by. */
  words: readonly string[]
  /** What comes behind them. */
  usage: string
  /** In one line. */
  summary: string
  options: NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>
  run(terminal: Terminal, names: readonly string[], options: Options): Promise<ExitCode>
}

/** What the operator did wrong, or what keeps a question from being asked; in a sentence. */
export class CommandError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CommandError'
  }
}
