import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after } from 'node:test'
import { openAuditLog } from '../../server/audit/audit-log.ts'
import { openSqliteSink } from '../../server/audit/sqlite-sink.ts'
import { createAuthorizer } from '../../server/authorization/authorize.ts'
import { roleArn } from '../../server/base/arn.ts'
import type { FederatedIdentity } from '../../server/base/federated-identity.ts'
import { newId } from '../../server/base/ids.ts'
import type { RequestFacts } from '../../server/base/request-facts.ts'
import { createMfaVerifier } from '../../server/credentials/verify-mfa.ts'
import { createGate, type GateDeps } from '../../server/federation/assume-role.ts'
import { createKeyring } from '../../server/keys/keyring.ts'
import type { Role } from '../../server/store/roles.ts'
import { auditRowsIn } from '../support/rolecall-process.ts'
import { openEmbeddedStore } from '../support/stores.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

export const accountId = '123456789012'
export const startMs = Date.parse('2030-01-02T03:04:05Z')
export const provider = `arn:aws:iam::${accountId}:oidc-provider/issuer.example`

export const facts: RequestFacts = {
  requestId: 'request-1',
  sourceIp: '192.0.2.7',
  userAgent: 'curl/8',
  secure: true,
  atMs: startMs,
}

/** Somebody whom `issuer.example` vouched for. */
export function person(more: Partial<FederatedIdentity> = {}): FederatedIdentity {
  return {
    kind: 'oidc',
    principals: [provider],
    provider,
    issuer: 'https://issuer.example',
    subject: 'person-1',
    audience: 'rolecall',
    context: { 'issuer.example:sub': ['person-1'], 'issuer.example:aud': ['rolecall'] },
    subjectKey: 'issuer.example:sub',
    audienceKey: 'issuer.example:aud',
    tags: {},
    transitiveTagKeys: [],
    demo: false,
    ...more,
  }
}

type Action = string | readonly string[]

export function trustStatement(Action: Action = 'sts:AssumeRoleWithWebIdentity', Condition?: object): object {
  const statement = { Effect: 'Allow', Principal: { Federated: provider }, Action }
  return Condition === undefined ? statement : { ...statement, Condition }
}

export function documentOf(...statements: object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

/** The gate on a real store, keyring and audit log, all its own. Ends with the test file. */
export async function composeGate(more: Partial<GateDeps> = {}) {
  const dataDir = temporaryFolder()
  const store = await openEmbeddedStore()
  const keyring = createKeyring([Buffer.alloc(32, 7)])
  let nowMs = startMs
  const clock = () => nowMs
  const onFailure = () => undefined
  const sink = await openSqliteSink({ file: join(dataDir, 'audit.db') })
  const audit = openAuditLog({ sink, clock, onFailure })
  after(async () => {
    await audit.close()
    await store.close()
  })
  const deps = {
    ...store,
    authorizer: createAuthorizer({ ...store, keyring }),
    mfa: createMfaVerifier({ ...store, keyring, clock }),
    keyring,
    audit,
    accountId,
    clock,
    demo: false,
    issuer: 'https://login.example',
    identityKey: async () => assert.fail('no identity token is asked for here'),
    isOutboundEnabled: async () => false,
  }
  return {
    gate: createGate({ ...deps, ...more }),
    deps,
    store,
    keyring,
    audit,
    dataDir,
    clock,
    rows: () => auditRowsIn(dataDir),
    advanceMs: (ms: number) => {
      nowMs += ms
    },
    /** A role that trusts the issuer, unless its trust policy says otherwise. Answers its ARN. */
    async createRole(name: string, role: Partial<Role> = {}): Promise<string> {
      const made: Role = {
        id: newId('AROA'),
        name,
        path: '/',
        trustPolicy: documentOf(trustStatement()),
        maxSessionSeconds: 3600,
        tags: {},
        createdAtMs: startMs,
        demo: false,
        ...role,
      }
      await store.roles.create(made)
      return roleArn(accountId, made.path, made.name)
    },
    /** A managed policy. Answers its ARN. */
    async createPolicy(name: string, document: string, path = '/'): Promise<string> {
      const made = {
        shipped: false,
        path,
        defaultVersion: 'v1',
        tags: {},
        createdAtMs: 1,
        updatedAtMs: 1,
        demo: false,
      }
      await store.policies.create({ id: newId('ANPA'), name, ...made }, document)
      return `arn:aws:iam::${accountId}:policy${path}${name}`
    },
  }
}
