import type { Readable } from 'node:stream'
import { readConfig } from '../config.ts'
import type { Asked, KnownProvider } from '../diagnostics/deps.ts'
import type { Step } from '../diagnostics/step.ts'
import { findProviders, listProviders, walkProvider } from '../diagnostics/test-provider.ts'
import { type Command, CommandError, type Options } from './command.ts'
import { openParts } from './open-parts.ts'
import { readSample } from './read-sample.ts'
import { renderStep, renderSum } from './render.ts'
import { requireAddress } from './require-address.ts'

export const providerTest: Command = {
  words: ['provider', 'test'],
  usage: 'NAME [--token FILE|-] [--user NAME] [--url URL] [--source-ip ADDRESS]',
  summary:
    'Walks a provider through, step by step: with a sample token, somebody of a directory, or the running service.',
  options: {
    token: { type: 'string' },
    user: { type: 'string' },
    url: { type: 'string' },
    'source-ip': { type: 'string' },
  },
  async run({ output, input }, [name, ...more], options) {
    const parts = await openParts(readConfig())
    try {
      const provider = one(name, more, name === undefined ? [] : await findProviders(name, parts), {
        all: await listProviders(parts),
      })
      const asked = await readAsked(options, input)
      output.write(`${provider.name}: ${provider.kind}\n\n`)
      const steps: Step[] = []
      for await (const step of walkProvider(provider, parts, asked)) {
        steps.push(step)
        output.write(renderStep(step, output))
      }
      output.write(renderSum(steps, output))
      return steps.some(({ outcome }) => outcome === 'problem') ? 1 : 0
    } finally {
      await parts.close()
    }
  },
}

export const providerList: Command = {
  words: ['provider', 'list'],
  usage: '',
  summary: 'Lists the providers that are set up, by configuration and on the wire.',
  options: {},
  async run({ output }) {
    const parts = await openParts(readConfig())
    try {
      output.write(`${listed(await listProviders(parts))}\n`)
      return 0
    } finally {
      await parts.close()
    }
  },
}

function one(
  name: string | undefined,
  more: readonly string[],
  found: readonly KnownProvider[],
  { all }: { all: readonly KnownProvider[] },
): KnownProvider {
  if (name === undefined) throw new CommandError(`Which provider?\n${listed(all)}`)
  if (more.length > 0) throw new CommandError('One provider at a time, please.')
  const [provider, ...others] = found
  if (provider === undefined)
    throw new CommandError(`There is no provider ${name}${unset(name)}.\n${listed(all)}`)
  if (others.length === 0) return provider
  const choices = found.map(({ aliases, kind }) => `  ${aliases.at(-1)}  ${kind}`)
  throw new CommandError(`${name} may mean several:\n${choices.join('\n')}`)
}

const settings: ReadonlyMap<string, string> = new Map([
  ['google', 'GOOGLE_CLIENT_ID'],
  ['facebook', 'FACEBOOK_APP_ID'],
  ['amazon', 'AMAZON_CLIENT_ID'],
])

/** Stand-ins go by other names, and a command has an environment of its own. */
function unset(name: string): string {
  const setting = settings.get(name)
  return setting === undefined ? '' : `: ${setting} is set neither in this environment nor in .env`
}

function listed(all: readonly KnownProvider[]): string {
  if (all.length === 0) return 'No provider is set up: see .env.example, or register one on the wire.'
  const width = Math.max(...all.map(({ name }) => name.length))
  return ['There are:', ...all.map(({ name, kind }) => `  ${name.padEnd(width)}  ${kind}`)].join('\n')
}

async function readAsked(options: Options, input: Readable): Promise<Asked> {
  const { token, user, url, 'source-ip': sourceIp } = options
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new CommandError('--url is not an address, expected such as http://localhost:3000')
  }
  requireAddress(sourceIp)
  return {
    user,
    sourceIp,
    serviceUrl: url?.replace(/\/+$/, ''),
    proof: token === undefined ? undefined : await readSample('--token', token, input),
  }
}
