import { readConfig } from '../config.ts'
import { isLoopback } from '../settings/rules.ts'
import { type Command, CommandError, type Options, type Terminal } from './command.ts'
import type { Source } from './import/item.ts'
import { type Format, readFileSource } from './import/read-file-source.ts'
import { runImport } from './import/run-import.ts'

export const secretsImport: Command = {
  words: ['secrets', 'import'],
  usage:
    'FILE|- [--format env|json] | --from URL [--from-profile NAME] [--from-region REGION]\n      [--to URL] [--profile NAME] [--prefix TEXT] [--only TEXT] [--overwrite] [--dry-run]',
  summary:
    'Brings secrets in from a .env file, a JSON file or another service of this kind, as the caller whose credentials are there.',
  options: {
    format: { type: 'string' },
    from: { type: 'string' },
    'from-profile': { type: 'string' },
    'from-region': { type: 'string' },
    to: { type: 'string' },
    profile: { type: 'string' },
    prefix: { type: 'string' },
    only: { type: 'string' },
    overwrite: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
  },
  async run(terminal, names, options) {
    const to = requireUrl('--to', options.to ?? readConfig().publicUrl)
    // The SDK is loaded for this command alone.
    const { createWireClient } = await import('./import/wire-client.ts')
    const client = createWireClient({ endpoint: to, region: 'us-east-1', profile: options.profile })
    return runImport(await openSource(names, options, terminal), client, {
      output: terminal.output,
      prefix: options.prefix ?? '',
      overwrite: options.overwrite !== undefined,
      dryRun: options['dry-run'] !== undefined,
    })
  },
}

async function openSource(names: readonly string[], options: Options, { input }: Terminal): Promise<Source> {
  const [file, ...more] = names
  const { from, format, only = '' } = options
  if (more.length > 0 || (file === undefined) === (from === undefined)) {
    throw new CommandError('Import from what? One FILE, - for the input, or --from URL.')
  }
  if (file !== undefined) return readFileSource(file, { format: formatOf(file, format), only, input })
  const { createWireClient } = await import('./import/wire-client.ts')
  const { readEndpointSource } = await import('./import/read-endpoint-source.ts')
  const endpoint = requireUrl('--from', from ?? '')
  const [, regionInHost] =
    /^secretsmanager(?:-fips)?\.([a-z0-9-]+)\.amazonaws\./.exec(new URL(endpoint).host) ?? []
  const region = options['from-region'] ?? regionInHost
  const client = createWireClient({ endpoint, region, profile: options['from-profile'] })
  return readEndpointSource(client, only)
}

function formatOf(file: string, format: string | undefined): Format {
  if (format === undefined) return /\.json$/i.test(file) ? 'json' : 'env'
  if (format === 'env' || format === 'json') return format
  throw new CommandError('--format is env or json.')
}

/** Values cross it: in plain text on this machine alone. */
function requireUrl(option: string, text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new CommandError(`${option} is not an address, expected such as https://login.example.com`)
  }
  if (url.protocol === 'http:' && !isLoopback(text)) {
    throw new CommandError(`${option} is not https, and values would cross the network in plain text.`)
  }
  return text
}
