import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { CommandError } from './command.ts'

const mostBytes = 256 * 1024

/** From a file or, for `-`, the standard input: on the command line everybody on the machine could read it. */
export async function readSample(option: string, file: string, input: Readable): Promise<string> {
  const text = file === '-' ? await readAll(input) : await readSampleFile(option, file)
  if (text.length > mostBytes) throw new CommandError('The sample is longer than any token.')
  if (text.trim() === '') throw new CommandError('The sample is empty.')
  return text.trim()
}

async function readSampleFile(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    // Not the name: it may be the token itself.
    const { code } = error as NodeJS.ErrnoException
    throw new CommandError(
      `${option} names no file that can be read (${code}); it takes a file, or - for the input.`,
    )
  }
}

async function readAll(input: Readable): Promise<string> {
  let text = ''
  for await (const chunk of input) {
    text += chunk
    if (text.length > mostBytes) break
  }
  return text
}
