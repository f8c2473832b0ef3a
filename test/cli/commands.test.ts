import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { CreateOpenIDConnectProviderCommand } from '@aws-sdk/client-iam'
import { audience, makeKey, publicJwk, startIssuer } from '../support/issuer.ts'
import { assumeForm, auditRowsIn, rootKeysIn, startRolecallProcess } from '../support/rolecall-process.ts'
import { makeCertificate } from '../support/server-certificate.ts'
import { postSigned } from '../support/signed-form.ts'
import { runProcess } from '../support/start-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const folder = temporaryFolder()
const dataDir = join(folder, 'data')
const rolecall = await startRolecallProcess(dataDir, { ROLECALL_DEMO: 'off' })
const issuer = await startIssuer()
after(() => issuer.close())
const role = await rolecall.trust(issuer, 'reader')
const name = issuer.url.replace('http://', '')
// Its port was free a moment ago.
const gone = '127.0.0.1:1'
await rolecall
  .iam()
  .send(new CreateOpenIDConnectProviderCommand({ Url: `http://${gone}`, ClientIDList: [audience] }))

const command = (args: string[], env: Record<string, string> = {}) =>
  runProcess('server/rolecall.ts', {
    args,
    env: { ROLECALL_DATA_DIR: dataDir, ROLECALL_DEMO: 'off', ...env },
    until: /^never$/,
  })
const fileOf = (name: string, text: string) => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

describe('provider test, beside the service that runs', () => {
  test('ends with 0 for a provider that is well, with a tick for each step', async () => {
    const token = fileOf('token', `${issuer.sign()}\n`)
    const { code, output } = await command(['provider', 'test', name, '--token', token])
    assert.equal(code, 0, output)
    assert.match(output, /^✓ Issuer {24} It calls itself http/m)
    assert.match(output, new RegExp(`^✓ Roles {25} May have: ${role}$`, 'm'))
    assert.match(output, /^No problem was found\.$/m)
    assert.ok(!output.includes('\u001b'), 'no colours where there is no terminal')
  })

  test('ends with 1 for one that is not there, with what to change beneath', async () => {
    const { code, output } = await command(['provider', 'test', gone])
    assert.equal(code, 1)
    assert.match(output, /^✗ Discovery document {12} It can’t be fetched: .*ECONNREFUSED.*\n {2}→ Open http/m)
    assert.match(output, /^1 problem \(\d not looked at\)\.$/m)
  })

  test('shows colours where they are asked for, and none where they are not', async () => {
    const coloured = await command(['provider', 'test', gone], { FORCE_COLOR: '1' })
    assert.match(coloured.output, /\u001b\[31m✗\u001b\[39m Discovery document/)
    const plain = await command(['provider', 'test', gone], { NO_COLOR: '1' })
    assert.ok(!plain.output.includes('\u001b'))
  })

  test('ends with 2 for a name that is nobody’s, and says which there are', async () => {
    const { code, output } = await command(['provider', 'test', 'nobody'])
    assert.equal(code, 2)
    assert.match(output, /^There is no provider nobody\.$/m)
    assert.ok(output.includes(`  ${name}`))
    assert.equal((await command(['provider', 'test'])).code, 2)
  })

  test('says of a known name which setting would make it one', async () => {
    const { code, output } = await command(['provider', 'test', 'google'])
    assert.equal(code, 2)
    assert.match(
      output,
      /^There is no provider google: GOOGLE_CLIENT_ID is set neither in this environment nor in \.env\.$/m,
    )
  })

  test('a token in the place of its file is not printed', async () => {
    const token = issuer.sign()
    const { code, output } = await command(['provider', 'test', name, '--token', token])
    assert.equal(code, 2)
    assert.match(output, /--token names no file that can be read/)
    assert.ok(!output.includes(token.slice(0, 40)))
  })

  test('what a provider says can’t steer the terminal', async () => {
    issuer.metadata = { ...issuer.metadata, issuer: 'https://x.example/\u001b[2J\u202e' }
    const { output } = await command(['provider', 'test', name])
    issuer.metadata = { ...issuer.metadata, issuer: issuer.url }
    assert.ok(output.includes('\\u001b[2J\\u202e'), output)
    assert.ok(!output.includes('\u001b'))
  })

  test('a provider over https is trusted by its certificate', async () => {
    const { key, cert } = makeCertificate({ days: 200 })
    const signing = makeKey('ES256')
    const server = createServer({ key, cert }, (request, response) => {
      const keys = { keys: [publicJwk(signing)] }
      response.end(JSON.stringify(request.url === '/jwks' ? keys : { issuer: url, jwks_uri: `${url}/jwks` }))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    after(() => server.close())
    const host = `localhost:${(server.address() as AddressInfo).port}`
    const url = `https://${host}`
    await rolecall.iam().send(new CreateOpenIDConnectProviderCommand({ Url: url, ClientIDList: [audience] }))
    const strange = await command(['provider', 'test', host])
    assert.equal(strange.code, 1)
    assert.match(
      strange.output,
      /^✗ TLS certificate of localhost .*SELF_SIGNED.*\n {2}→ .*NODE_EXTRA_CA_CERTS/m,
    )
    const trusted = await command(['provider', 'test', host], { NODE_EXTRA_CA_CERTS: fileOf('ca.pem', cert) })
    assert.equal(trusted.code, 0, trusted.output)
    assert.match(trusted.output, /^✓ TLS certificate of localhost .*Good for 199 days/m)
  })
})

describe('mapping', () => {
  const provider = `arn:aws:iam::${rolecall.accountId}:oidc-provider/${name}`
  const signer = { port: rolecall.port, rootKeys: rootKeysIn(dataDir) }
  const claims = (value: unknown) => fileOf('claims.json', JSON.stringify(value))

  test('shows which rule fires, and ends with 1 where it leads to no role', async () => {
    const none = await command(['mapping', name, '--claims', claims({ groups: 'a' })])
    assert.deepEqual([none.code, none.output.trim()], [2, `There is no role mapping for ${name}.`])
    const put = {
      Action: 'PutProviderRoleMapping',
      Version: '2010-05-08',
      Provider: provider,
      Type: 'Rules',
      AmbiguousRoleResolution: 'Deny',
      'Rules.member.1.Claim': 'groups',
      'Rules.member.1.MatchType': 'Equals',
      'Rules.member.1.Value': 'readers',
      'Rules.member.1.RoleARN': role,
    }
    assert.equal((await postSigned(signer, 'iam', put)).status, 200)
    const good = await command(['mapping', name, '--claims', claims({ groups: ['readers'] })])
    assert.equal(good.code, 0, good.output)
    assert.match(good.output, /^✓ Rule 1 .*Matches: groups Equals “readers”/m)
    assert.match(good.output, /^✓ Role .*role\/reader, by rule 1, the first that matches\.$/m)
    assert.match(good.output, /^✓ Trust policy, reader .*Admits them\.$/m)
    const other = await command(['mapping', provider, '--claims', claims({ groups: ['\u001b[2J'] })])
    assert.equal(other.code, 1)
    assert.match(other.output, /^✗ Role .*No rule matches, and then none is given/m)
    assert.ok(!other.output.includes('\u001b'))
    const tested = await command(['provider', 'test', name, '--token', fileOf('mapped', issuer.sign())])
    assert.match(tested.output, /the provider’s role mapping does not give it/)
    const away = { Action: 'DeleteProviderRoleMapping', Version: '2010-05-08', Provider: provider }
    assert.equal((await postSigned(signer, 'iam', away)).status, 200)
  })

  for (const [story, args, says] of [
    ['no provider', [], /Which mapping\?/],
    ['no claims', [name], /--claims takes a file/],
    ['claims that are none', [name, '--claims', fileOf('list.json', '[]')], /no JSON object/],
    ['a file that is not there', [name, '--claims', join(folder, 'nowhere')], /--claims names no file/],
    [
      'an address that is none',
      [name, '--claims', claims({}), '--source-ip', '192.0.2'],
      /--source-ip is not an IP address/,
    ],
  ] as const) {
    test(`ends with 2 for ${story}`, async () => {
      const { code, output } = await command(['mapping', ...args])
      assert.equal(code, 2)
      assert.match(output, says)
    })
  }
})

describe('why', () => {
  test('tells of a refusal by its request id, while the service runs', async () => {
    const token = issuer.sign({ aud: 'somebody-elses' })
    const answer = await fetch(rolecall.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: assumeForm(role, token),
    })
    const id = /<RequestId>([^<]+)</.exec(await answer.text())?.[1] ?? assert.fail('no request id')
    while (!auditRowsIn(dataDir).some(row => row.request_id === id)) await new Promise(setImmediate)
    const { code, output } = await command(['why', id.toUpperCase()])
    assert.equal(code, 0, output)
    assert.match(output, /^AssumeRoleWithWebIdentity was refused\.$/m)
    assert.match(output, /^ {2}reason {2}token\.audienceWrong$/m)
    assert.match(output, /^ {2}detail {2}its aud is somebody-elses/m)
    assert.match(output, /^The proof was made for another application\.\n→ Add its client id/m)
    assert.ok(!output.includes(token.slice(0, 40)))
  })

  test('ends with 1 for an id that nothing has', async () => {
    const { code, output } = await command(['why', 'd9428888-122b-11e1-b85c-61cd3cbb3210'])
    assert.deepEqual([code, output], [1, 'Nothing in the audit log has this id; is it whole?'])
  })

  test('ends with 2 where there is no log', async () => {
    const { code, output } = await command(['why', 'x'], { ROLECALL_DATA_DIR: join(folder, 'nowhere') })
    assert.equal(code, 2)
    assert.match(output, /no audit log in .*nowhere/)
  })
})

describe('the commands', () => {
  test('are listed by help, and without a word', async () => {
    const help = await command(['help'])
    assert.equal(help.code, 0)
    for (const words of [
      'provider test NAME',
      'provider list',
      'mapping [POOL-ID] PROVIDER',
      'why REQUEST-ID',
      'keys',
      'secrets import FILE',
    ])
      assert.ok(help.output.includes(words))
    const without = await command([])
    assert.deepEqual([without.code, without.output], [2, help.output])
  })

  for (const [story, args, says] of [
    ['that is none', ['make', 'coffee'], /^There is no command make coffee\.\n\nUsage:/],
    [
      'with an option that is none',
      ['provider', 'test', name, '--tocken', 'x'],
      /'--tocken'[\s\S]*Usage: npm run rolecall -- provider test NAME/,
    ],
    ['with an address that is none', ['provider', 'test', name, '--url', 'here'], /--url is not an address/],
  ] as const) {
    test(`one ${story} ends with 2 and what there is`, async () => {
      const { code, output } = await command([...args])
      assert.equal(code, 2)
      assert.match(output, says)
    })
  }

  test('with a configuration that is wrong end with 2, and name the setting', async () => {
    const { code, output } = await command(['provider', 'list'], { PORT: 'x' })
    assert.equal(code, 2)
    assert.match(output, /PORT: not a port/)
  })

  test('make nothing where the service never ran', async () => {
    const empty = join(folder, 'empty')
    mkdirSync(empty)
    const { code, output } = await command(['provider', 'list'], { ROLECALL_DATA_DIR: empty })
    assert.equal(code, 0)
    assert.match(output, /^No provider is set up/)
    assert.deepEqual(readdirSync(empty), [])
  })

  test('change nothing in the store', async () => {
    const before = auditRowsIn(dataDir).length
    await command(['provider', 'test', name, '--token', fileOf('another', issuer.sign())])
    assert.equal(auditRowsIn(dataDir).length, before)
    assert.equal((await fetch(`${rolecall.url}/readyz`)).status, 200)
  })
})
