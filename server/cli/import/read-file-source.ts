import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { parseEnv } from 'node:util'
import { parseStrictObject } from '../../base/strict-json.ts'
import { CommandError } from '../command.ts'
import type { Item, Source, Unfit } from './item.ts'

const mostBytes = 256 * 1024 * 1024

export type Format = 'env' | 'json'

/** From a file or, for `-`, the standard input: never from an argument, which everybody on the machine could read. */
export async function readFileSource(
  file: string,
  { format, only, input }: { format: Format; only: string; input: Readable },
): Promise<Source> {
  const text = textOf(file === '-' ? await readAll(input) : await readBytes(file))
  const all = format === 'json' ? readJson(text) : Object.entries(parseEnv(text)).map(asItem)
  const entries = all.filter(({ name }) => name.startsWith(only))
  if (all.length === 0) {
    throw new CommandError(
      `There is nothing in it to import, read as ${format}; --format env or json says how.`,
    )
  }
  return {
    count: entries.length,
    async *items() {
      yield* entries
    },
  }
}

function asItem([name, value]: [string, string | undefined]): Item {
  return { name, value: value ?? '' }
}

function readJson(text: string): (Item | Unfit)[] {
  try {
    // Two of one name would be one secret with whichever value comes last.
    parseStrictObject(text)
    // Numbers keep their digits: an id of twenty digits is none any more when it was a number in between.
    const exact = JSON.parse(text, keepDigits) as Record<string, unknown>
    return Object.entries(exact).map(([name, value]) => readValue(name, value))
  } catch {
    // Not the parser's own words, which quote what stands there.
    throw new CommandError('It is no JSON object of names and values, or a name stands in it twice.')
  }
}

type WithRawJson = { rawJSON(text: string): unknown; isRawJSON(value: unknown): boolean }
const { rawJSON, isRawJSON } = JSON as unknown as WithRawJson

/** @see ECMA-262, JSON.rawJSON and the context of a reviver */
function keepDigits(this: unknown, _name: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined ? rawJSON(context.source) : value
}

/** Text is the value; an object or a list is kept as its JSON text; `{"binary": base64}` is bytes. */
function readValue(name: string, value: unknown): Item | Unfit {
  if (typeof value === 'string') return { name, value }
  if (typeof value !== 'object' || value === null || isRawJSON(value)) {
    return { name, unfit: 'its value is neither text nor an object; text stands in quotes' }
  }
  const binary = Object.keys(value).join() === 'binary' && 'binary' in value ? value.binary : undefined
  if (typeof binary !== 'string') return { name, value: JSON.stringify(value) }
  const bytes = Buffer.from(binary, 'base64')
  if (bytes.toString('base64') === binary) return { name, value: bytes }
  return { name, unfit: 'its member binary is not base64' }
}

/** Repaired, what is not UTF-8 would be another value. A byte order mark at the beginning is none of the text. */
function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new CommandError('It is not UTF-8 text.')
  }
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CommandError(
      `SOURCE names no file that can be read (${code}); it takes a file, or - for the input.`,
    )
  }
}

async function readAll(input: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of input) {
    const read = Buffer.from(chunk)
    bytes += read.length
    if (bytes > mostBytes) throw new CommandError('The input is longer than 256 megabytes.')
    chunks.push(read)
  }
  return Buffer.concat(chunks)
}
