import assert from 'node:assert/strict'
import * as sm from '@aws-sdk/client-secrets-manager'
import { allow } from './aws-calls.ts'
import { startConsoleRolecall } from './console.ts'
import { auditRowsIn } from './rolecall-process.ts'

export const secretsPage = '/console/secrets'

/** The console with somebody in it who may do everything, and secrets as the account's owner makes them. */
export async function startSecretPages(more?: Parameters<typeof startConsoleRolecall>[0]) {
  const service = await startConsoleRolecall(more)
  const root = service.secrets()
  const browser = await service.enter(await service.role('operator', allow('*')))
  const pages = {
    ...service,
    root,
    browser,
    /** By which the audit log has them. */
    caller: `arn:aws:sts::${service.accountId}:assumed-role/operator/Name-of-ada`,
    async see(path: string) {
      const answer = await service.look(browser, path)
      return { ...answer, plain: plainOf(answer.text) }
    },
    async send(part: string, form: Record<string, string>) {
      const answer = await service.post(browser, `${secretsPage}/${part}`, form)
      return { ...answer, plain: plainOf(answer.text) }
    },
    /** Answers its ARN. */
    async make(Name: string, more: Partial<sm.CreateSecretCommandInput> = {}): Promise<string> {
      const value = more.SecretBinary === undefined ? { SecretString: 'one' } : {}
      const { ARN = '' } = await root.send(new sm.CreateSecretCommand({ Name, ...value, ...more }))
      return ARN
    },
    put: (SecretId: string, SecretString: string) =>
      root.send(new sm.PutSecretValueCommand({ SecretId, SecretString })),
    described: (SecretId: string) => root.send(new sm.DescribeSecretCommand({ SecretId })),
    valueIn: (SecretId: string, more: object = {}) =>
      root.send(new sm.GetSecretValueCommand({ SecretId, ...more })),
    rowsOf: (event: string, resource: string) =>
      auditRowsIn(service.dataDir).filter(row => row.event === event && row.resource === resource),
  }
  return pages
}

export function pathOf(part: string, id: string, more: Record<string, string> = {}): string {
  return `${secretsPage}/${part}?${new URLSearchParams({ id, ...more })}`
}

/** As a reader sees it. */
export function plainOf(text: string): string {
  return text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&#34;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ')
}

export function tokenIn(text: string): string {
  return /name="token" value="([^"]+)"/.exec(text)?.[1] ?? assert.fail('no token')
}

export function addressIn(text: string, link: string): string {
  const [, address] = new RegExp(`href="([^"]+)">${link}`).exec(text) ?? []
  return address?.replaceAll('&amp;', '&') ?? assert.fail(`no ${link}`)
}
