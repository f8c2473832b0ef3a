import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as sm from '@aws-sdk/client-secrets-manager'
import { allow } from '../../support/aws-calls.ts'
import { pathOf, plainOf, secretsPage, startSecretPages } from '../../support/secret-pages.ts'

const service = await startSecretPages()
const { root, caller, accountId, role, enter, post, see, send, make, rowsOf } = service
const somebody = await role('somebody', allow('sts:GetCallerIdentity'))
const policyOf = async (SecretId: string) =>
  (await root.send(new sm.GetResourcePolicyCommand({ SecretId }))).ResourcePolicy
const document = (principal: string, action = 'secretsmanager:GetSecretValue') => `{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Principal": ${principal},
    "Action": "${action}",
    "Resource": "*"
  }]
}`
const sound = document(`{"AWS": "${somebody}"}`)
const forAll = document('"*"', 'secretsmanager:GetSecretValu')
const textIn = (page: string) =>
  /<textarea[^>]*>\n([\s\S]*?)<\/textarea>/.exec(page)?.[1] ?? assert.fail(page)
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;')
/** Lines as they stand on the page, each with what was found there. */
const linesIn = (page: string) =>
  page
    .split('<li class="policy-line')
    .slice(1)
    .map(part => plainOf(`<li class="${part.split('</ol>')[0]}`).trim())

describe('a policy that is checked', () => {
  test('has what was found beside its lines, with level and column and what to do, and is not saved', async () => {
    const id = await make('checked')
    const form = { id, policy: forAll.replaceAll('\n', '\r\n'), guard: 'on', do: 'check' }
    const { status, text, plain: said } = await send('policy', form)
    assert.equal(status, 200)
    assert.match(said, /Found: 1 risk, 1 warning It is checked, and not saved\./)
    assert.match(said, /Secrets \/ checked Policy of the secret/, 'by its name, without the end of its ARN')
    const lines = linesIn(text)
    assert.equal(lines.length, 9)
    assert.match(
      lines[4] ?? '',
      /^Line 5 "Principal": "\*", Risk at column 18 Everybody may do this.*Name the principals/,
    )
    assert.match(
      lines[5] ?? '',
      /^Line 6 .* Warning at column 15 .*GetSecretValu".* Write the name of an action/,
    )
    assert.equal(lines[3], 'Line 4 "Effect": "Allow",')
    assert.equal(textIn(text), escaped(forAll))
    assert.equal(await policyOf(id), undefined)
    assert.deepEqual(rowsOf('PutResourcePolicy', id), [])
  })

  test('is told to be sound', async () => {
    const { plain: said } = await send('policy', { id: await make('sound'), policy: sound, do: 'check' })
    assert.match(said, /There is nothing to say against it/)
  })

  test('that stands on one line is laid out, unless that would hide something', async () => {
    const id = await make('one-line')
    const dense = JSON.stringify(JSON.parse(forAll))
    const laid = await send('policy', { id, policy: dense, do: 'check' })
    assert.ok(linesIn(laid.text).some(line => /^Line 6 .*Risk/.test(line)))
    assert.deepEqual(JSON.parse(textIn(laid.text).replaceAll('&#34;', '"')), JSON.parse(forAll))
    const twice = dense.replace('{"Version"', '{"Version":"2012-10-17","Version"')
    const shown = await send('policy', { id, policy: twice, do: 'check' })
    assert.equal(textIn(shown.text), escaped(twice))
    assert.match(shown.plain, /Error at column/)
  })

  test('of many lines is shown around what was found alone', async () => {
    const policy = forAll.replace('[{', `[${'\n'.repeat(1_000)}{`)
    const { text, plain: said } = await send('policy', { id: await make('many-lines'), policy, do: 'check' })
    const lines = linesIn(text)
    assert.ok(lines.length < 10 && lines.some(line => /^Line 1005 .* Risk/.test(line)), String(lines.length))
    assert.match(said, /\d+ lines without findings/)
  })

  for (const [story, policy] of [
    ['markup', '</textarea><script>alert(1)</script>'],
    ['markup in a place that is quoted', document('"*"', '<script>alert(1)</script>')],
  ] as const) {
    test(`of ${story} is shown as it is`, async () => {
      const { text } = await send('policy', {
        id: await make(`markup/${policy.length}`),
        policy,
        do: 'check',
      })
      assert.ok(!text.includes('<script>') && textIn(text) === escaped(policy))
    })
  }

  test('is looked at no further than a policy may be long', async () => {
    const policy = ' '.repeat(20_481)
    const { status, plain: said } = await send('policy', {
      id: await make('too-long'),
      policy: `x${policy}`,
      do: 'check',
    })
    assert.equal(status, 400)
    assert.match(said, /longer than 20,480 characters/)
    assert.equal(
      (await send('policy', { id: 'too-long', policy: '{"a":['.repeat(3_400), do: 'check' })).status,
      200,
    )
  })

  test('without leave for the linter is given back whole, with a line that says so', async () => {
    const mine = await enter(
      await role('no-linter', { Effect: 'Allow', NotAction: 'iam:LintPolicy', Resource: '*' }),
    )
    const id = await make('no-linter')
    const checked = await post(mine, `${secretsPage}/policy`, { id, policy: sound, do: 'check' })
    assert.equal(checked.status, 403)
    assert.match(
      plainOf(checked.text),
      /is left out, since it is not allowed: .* may not do iam:LintPolicy on \*/,
    )
    assert.equal(textIn(checked.text), escaped(sound))
    const policy = forAll
    const saved = await post(mine, `${secretsPage}/policy`, { id, policy, do: 'save' })
    assert.equal(saved.status, 200)
    assert.match(plainOf(saved.text), /The policy is saved\..*security resource-public Statement\[0\]/)
  })
})

describe('a policy that is saved', () => {
  test('is there as it was typed, with its row in the audit log, and findings are shown afterwards', async () => {
    const id = await make('saved')
    const { status, plain: said } = await send('policy', { id, policy: sound, guard: 'on', do: 'save' })
    assert.equal(status, 200)
    assert.match(said, /The policy is saved\. There is nothing to say against it/)
    assert.equal(await policyOf(id), sound)
    assert.deepEqual(
      rowsOf('PutResourcePolicy', id).map(row => [row.decision, row.caller_arn]),
      [['allowed', caller]],
    )
    const again = await see(pathOf('policy', id))
    assert.equal(textIn(again.text), escaped(sound))
    assert.match(again.text, /name="guard" value="on" checked/)
  })

  test('is refused when it is for everybody, unless that is asked for, and then its risk is shown', async () => {
    const id = await make('for-all')
    const form = { id, policy: forAll, do: 'save' }
    const refused = await send('policy', { ...form, guard: 'on' })
    assert.equal(refused.status, 400)
    assert.match(refused.plain, /Nothing is saved: this policy is for everybody/)
    assert.ok(linesIn(refused.text).some(line => line.includes('Risk')))
    assert.equal(await policyOf(id), undefined)
    const saved = await send('policy', form)
    assert.match(saved.plain, /The policy is saved\. Found: 1 risk, 1 warning/)
    assert.doesNotMatch(saved.text, /name="guard" value="on" checked/)
    assert.equal(await policyOf(id), forAll)
  })

  for (const [story, policy, says] of [
    ['is none', ' \r\n', /There is no policy/],
    ['breaks off', '{\n  "Version": ', /Nothing is saved\. .*Line 2 .* Error at column/],
    [
      'names nobody that there is',
      document(`{"AWS": "arn:aws:iam::${accountId}:role/gone"}`),
      /Nothing is saved\. /,
    ],
  ] as const) {
    test(`that ${story} is refused beside what was typed`, async () => {
      const id = await make(`refused/${policy.length}`)
      const { status, text, plain: said } = await send('policy', { id, policy, do: 'save' })
      assert.equal(status, 400)
      assert.match(said, says)
      assert.equal(textIn(text), escaped(policy.replaceAll('\r\n', '\n')))
      assert.equal(await policyOf(id), undefined)
    })
  }

  test('is deleted again', async () => {
    const id = await make('deleted')
    await send('policy', { id, policy: sound, do: 'save' })
    const { sentTo = '' } = await send('policy/delete', { id })
    assert.match((await see(sentTo)).plain, /The policy is deleted\./)
    assert.equal(await policyOf(id), undefined)
  })

  test('is not done by a button that there is not', async () => {
    assert.equal((await send('policy', { id: await make('strange'), policy: sound, do: 'x' })).status, 400)
  })
})
