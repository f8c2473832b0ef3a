import { parseArgs } from 'node:util'
import { Refusal } from '../base/refusal.ts'
import { ConfigError } from '../config.ts'
import { type Command, CommandError, type ExitCode, type Options, type Terminal } from './command.ts'
import { keys } from './keys-command.ts'
import { mapping } from './mapping-command.ts'
import { providerList, providerTest } from './provider-commands.ts'
import { printable } from './render.ts'
import { secretsImport } from './secrets-import-command.ts'
import { why } from './why-command.ts'

const commands: readonly Command[] = [providerTest, providerList, mapping, why, keys, secretsImport]

/** Runs the command that the arguments name. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    const [first] = args
    if (first === undefined || ['help', '--help', '-h'].includes(first)) {
      terminal.output.write(help())
      return first === undefined ? 2 : 0
    }
    const command = commands.find(({ words }) => words.every((word, n) => args[n] === word))
    if (command === undefined)
      throw new CommandError(`There is no command ${args.slice(0, 2).join(' ')}.\n\n${help()}`)
    const { names, options } = readArguments(command, args.slice(command.words.length))
    return await command.run(terminal, names, options)
  } catch (error) {
    terminal.output.write(`${sentenceFor(error)}\n`)
    return 2
  }
}

function readArguments({ words, usage, options }: Command, args: readonly string[]) {
  try {
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true })
    return { names: positionals, options: values as Options }
  } catch (error) {
    const { message } = error as Error
    throw new CommandError(`${message}\nUsage: npm run rolecall -- ${words.join(' ')} ${usage}`)
  }
}

function help(): string {
  const lines = commands.map(
    ({ words, usage, summary }) => `  ${words.join(' ')} ${usage}\n      ${summary}\n`,
  )
  return `Usage: npm run rolecall -- COMMAND\n\n${lines.join('')}  help\n      Shows this.\n`
}

/** Without a stack: whoever reads it wants to know what to do. */
function sentenceFor(error: unknown): string {
  if (error instanceof CommandError) return printable(error.message).trimEnd()
  if (error instanceof ConfigError) {
    return `This configuration can't be used:\n${error.problems.map(line => `  ${line}`).join('\n')}`
  }
  if (error instanceof Refusal) return printable(`It could not be asked: ${error.detail ?? error.reason}`)
  if (!(error instanceof Error)) return String(error)
  const { message, cause } = error
  return printable(
    `It could not be asked: ${cause instanceof Error ? `${message}: ${cause.message}` : message}`,
  )
}
