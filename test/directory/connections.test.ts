import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { createConnections } from '../../server/directory/connections.ts'
import { parsedSettingsOf } from '../support/directory-settings.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { skipWithoutSlapd, startSlapd } from '../support/slapd.ts'

describe('connections to a directory', { skip: skipWithoutSlapd }, async () => {
  if (skipWithoutSlapd) return
  const settings = parsedSettingsOf(await startSlapd(), 'ldap')
  const connections = createConnections(settings, { warn() {} })
  after(() => connections.close())

  test('strangers who keep all of them busy don’t keep anybody from being looked up again', async () => {
    let letGo = () => {}
    const held = new Promise<void>(resolve => {
      letGo = resolve
    })
    const until = performance.now() + 60_000
    const busy = Array.from({ length: 32 }, () => connections.asService(() => held, until))
    const { detail } = await refusalOf(connections.asService(async () => 'one more', until))
    assert.match(detail ?? '', /too many questions wait/)
    assert.equal(await connections.asWatcher(async () => 'looked up', until), 'looked up')
    letGo()
    await Promise.all(busy)
  })
})
