/** Holds what the linter knows by heart to the SDK, which is generated from AWS's own models. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  actionsOf,
  callsOf,
  type RolecallService,
  rolecallServices,
} from '../../../server/policy/lint/catalogue/actions.ts'
import {
  findKey,
  isAlwaysPresent,
  keyNames,
  lacksName,
} from '../../../server/policy/lint/catalogue/condition-keys.ts'
import {
  actionsWithoutResource,
  resourceServices,
  resourceTypes,
} from '../../../server/policy/lint/catalogue/services.ts'

/** Every call of a service is a command of its client. */
function commandsOf(service: string): string[] {
  const entry = fileURLToPath(import.meta.resolve(`@aws-sdk/client-${service}`))
  return readdirSync(join(dirname(dirname(entry)), 'dist-es', 'commands'))
    .filter(file => file.endsWith('Command.js'))
    .map(file => file.replace('Command.js', ''))
}

describe('the catalogue', () => {
  for (const service of ['iam', 'sts'] as const) {
    test(`has every call of ${service}, and no other`, () => {
      assert.deepEqual(new Set(callsOf(service)), new Set(commandsOf(service)))
    })
  }

  for (const service of ['cognito-identity', 'secretsmanager'] as const) {
    test(`has the 23 calls of ${service}`, () => {
      assert.equal(new Set(callsOf(service)).size, 23)
    })
  }

  test('names no action twice', () => {
    for (const service of rolecallServices) {
      const names = actionsOf(service) ?? []
      assert.equal(new Set(names.map(name => name.toLowerCase())).size, names.length, service)
    }
  })

  test('knows of every service which resources it has', () => {
    for (const service of rolecallServices) {
      assert.ok(resourceTypes.has(service) && resourceServices.has(service), service)
    }
  })

  test('calls nothing without a resource that is not an action', () => {
    for (const action of actionsWithoutResource) {
      const [service = '', name] = action.split(':')
      const names = actionsOf(service as RolecallService)?.map(one => one.toLowerCase())
      assert.ok(names?.includes(name ?? ''), action)
    }
  })

  test('finds every key by its name, in any case, and names that belong to a tag with the tag', () => {
    for (const name of keyNames) {
      const key = name.endsWith('/') ? `${name}Team` : name
      assert.equal(findKey(key.toLowerCase())?.name, name)
      assert.equal(lacksName(name.toLowerCase()), name.endsWith('/'), name)
    }
  })

  test('calls nothing always present that it does not know', () => {
    const present = keyNames.filter(name => isAlwaysPresent(name.toLowerCase(), true))
    assert.equal(present.length, 8)
  })
})
