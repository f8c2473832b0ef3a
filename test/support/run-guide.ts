import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as poolCommands from '@aws-sdk/client-cognito-identity'
import * as iamCommands from '@aws-sdk/client-iam'
import { isolatedAwsCli } from './aws-cli.ts'
import type { TestRolecall } from './rolecall.ts'

/** Runs a line `aws SERVICE ACTION --OPTION VALUE ...` as the owner; `file://` is below the folder. Answers the answer. */
export type RunCommand = (line: string) => Promise<Record<string, unknown>>

export function readGuide(name: string) {
  const text = readFileSync(new URL(`../../docs/guides/${name}`, import.meta.url), 'utf8')
  return {
    text,
    blocks: (language: string) =>
      [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
        ([, body = '']) => body,
      ),
    /** The documents that it names: `name.json`, and then the block. */
    files: [...text.matchAll(/`(\S+\.json)`:\n\n```json\n([^`]*)```/g)].map(
      ([, name = '', json = '']) => [name, json] as const,
    ),
  }
}

export function createCliRunner(rolecall: TestRolecall, folder: string): RunCommand {
  const aws = isolatedAwsCli(`http://127.0.0.1:${rolecall.port}`)
  const { accessKeyId, secretAccessKey } = rolecall.rootKeys
  const owner = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
  return async line => {
    const words = line.replaceAll('file://', `file://${folder}/`).split(' ')
    return Object(await aws(words.slice(1), owner))
  }
}

/** In the SDK's spelling, and what the CLI makes of their text. */
const parameters = {
  text: ['Url', 'RoleName', 'AssumeRolePolicyDocument', 'PolicyName', 'PolicyDocument'].concat([
    'IdentityPoolName',
    'IdentityPoolId',
  ]),
  list: ['ClientIDList', 'OpenIdConnectProviderARNs'],
  map: ['Roles'],
  flag: ['AllowUnauthenticatedIdentities'],
}

const isNamed = (words: string) => (name: string) =>
  name.toLowerCase() === words.replaceAll('-', '').toLowerCase()

/** The same call by the SDK, for where there is no CLI. */
export function createSdkRunner(rolecall: TestRolecall, folder: string): RunCommand {
  return async line => {
    const [, service = '', action = '', ...words] = line.split(' ')
    const commands: Record<string, unknown> = service === 'iam' ? { ...iamCommands } : { ...poolCommands }
    const name = Object.keys(commands).find(isNamed(`${action}command`))
    if (name === undefined) throw new Error(`there is no command for ${action}`)
    const input = Object.fromEntries(optionsOf(words).map(([option, value]) => read(option, value, folder)))
    const Command = commands[name] as new (input: object) => never
    const command = new Command(input)
    return Object(await (service === 'iam' ? rolecall.iam().send(command) : rolecall.cognito().send(command)))
  }
}

function optionsOf(words: readonly string[]): [string, string][] {
  return words
    .join(' ')
    .split(/(?:^| )--/)
    .slice(1)
    .map(text => {
      const [option = '', ...value] = text.split(' ')
      return [option, value.join(' ')]
    })
}

function read(option: string, value: string, folder: string): [string, unknown] {
  const named = (kind: keyof typeof parameters) => parameters[kind].find(isNamed(option))
  const [flag, list, map, text] = [named('flag'), named('list'), named('map'), named('text')]
  if (flag !== undefined) return [flag, true]
  if (list !== undefined) return [list, value.split(' ')]
  if (map !== undefined) return [map, Object.fromEntries(value.split(',').map(pair => pair.split('=')))]
  if (text === undefined) throw new Error(`there is no parameter for ${option}`)
  const [, file] = /^file:\/\/(.*)$/.exec(value) ?? []
  return [text, file === undefined ? value : readFileSync(join(folder, file), 'utf8')]
}
