import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as sm from '@aws-sdk/client-secrets-manager'
import { addressIn, pathOf, secretsPage, startSecretPages, tokenIn } from '../../support/secret-pages.ts'

const service = await startSecretPages()
const { root, caller, accountId, browser, see, send, make, put, described, valueIn, rowsOf } = service

describe('one secret', () => {
  test('shows its facts, tags and versions, the newest first, with their labels', async () => {
    const arn = await make('shown', {
      Description: 'For <script>',
      Tags: [{ Key: 'a', Value: 'b' }],
    })
    await put(arn, 'two')
    await put(arn, 'three')
    const { status, text, plain: said } = await see(pathOf('secret', arn))
    assert.equal(status, 200)
    assert.ok(text.includes(arn) && !text.includes('<script>') && said.includes('For <script>'))
    assert.match(said, /Tags a: b/)
    assert.match(said, /Versions .* AWSCURRENT .* AWSPREVIOUS .* no label: kept for a while/)
    assert.match(said, /Rotation It is not set up: the value stays until somebody puts another\./)
    assert.match(said, /Last read Never/)
    for (const value of ['two', 'three']) assert.ok(!said.includes(` ${value} `))
  })

  test('goes on to older versions where a page ends', async () => {
    const arn = await make('aged')
    for (let n = 0; n < 51; n++) await put(arn, `${n}`)
    const { Versions = [] } = await root.send(
      new sm.ListSecretVersionIdsCommand({ SecretId: arn, IncludeDeprecated: true }),
    )
    const oldest = Versions.at(-1)?.VersionId ?? ''
    const first = await see(pathOf('secret', arn))
    assert.ok(!first.text.includes(oldest))
    const second = await see(addressIn(first.text, 'Older versions'))
    assert.ok(second.text.includes(oldest) && second.text.includes('Back to the newest'))
  })

  test('that is not there is not found, on every page of it', async () => {
    const gone = `arn:aws:secretsmanager:us-east-1:${accountId}:secret:gone-abcdef`
    for (const part of ['secret', 'new-value', 'edit', 'stage', 'delete', 'policy']) {
      for (const [id, expected, words] of [
        [gone, 404, 'Not found'],
        ['<i>', 400, 'That did not work'],
      ] as const) {
        const { status, text } = await see(pathOf(part, id))
        assert.equal(status, expected, part)
        assert.ok(text.includes(words) && !text.includes('<i>'))
      }
    }
    assert.equal((await see(`${secretsPage}/secret`)).status, 400)
    assert.equal((await send('value', { id: gone })).status, 404)
  })

  test('whose tags, names and labels are markup shows them as they are', async () => {
    const arn = await make('markup', { Tags: [{ Key: 'k', Value: 'v' }] })
    const { VersionIdsToStages = {} } = await described(arn)
    const [version = ''] = Object.keys(VersionIdsToStages)
    const VersionStage = '<img src=x>'
    await root.send(
      new sm.UpdateSecretVersionStageCommand({ SecretId: arn, VersionStage, MoveToVersionId: version }),
    )
    for (const path of [
      pathOf('secret', arn),
      pathOf('stage', arn, { to: version }),
      pathOf('stage', arn, { stage: VersionStage }),
      pathOf('stage', arn, { stage: '<img src=y>', to: '<img src=z>' }),
    ]) {
      const { status, text, plain: said } = await see(path)
      assert.equal(status, 200)
      assert.ok(!text.includes('<img src=x>') && !/<img src=[xyz]/.test(text) && said.includes('<img src='))
    }
  })
})

describe('a value', () => {
  test('is shown in answer to a POST alone, once its row is in the audit log, and kept nowhere', async () => {
    const value = 'only-on-asking-71c2'
    const arn = await make('asked', { SecretString: value })
    for (const part of ['secret', 'new-value', 'edit', 'stage', 'delete', 'policy']) {
      assert.ok(!(await see(pathOf(part, arn))).text.includes(value), part)
    }
    const before = rowsOf('GetSecretValue', arn).length
    assert.equal((await see(pathOf('value', arn))).status, 404)
    assert.equal(rowsOf('GetSecretValue', arn).length, before)
    const answer = await browser.post(`${service.url}${secretsPage}/value`, { id: arn })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const text = await answer.text()
    assert.ok(text.includes(`<code id="whole">${value}</code>`))
    assert.match(text, /That you looked is in the audit log/)
    const rows = rowsOf('GetSecretValue', arn)
    assert.deepEqual([rows.length, rows[0]?.decision, rows[0]?.caller_arn], [before + 1, 'allowed', caller])
  })

  test('of a version that came before is shown by its id', async () => {
    const arn = await make('earlier', { SecretString: 'the-first-one' })
    const { VersionId: version = '' } = await valueIn(arn)
    await put(arn, 'the-second-one')
    const shown = await send('value', { id: arn, version })
    assert.ok(shown.text.includes('the-first-one') && !shown.text.includes('the-second-one'))
    assert.ok((await send('value', { id: arn })).text.includes('the-second-one'))
  })

  test('of a flat JSON object is shown in rows, and as it is kept', async () => {
    const SecretString = '{"user":"<b>ada</b>","port":5432,"tls":true,"note":null}'
    const { plain: said, text } = await send('value', { id: await make('rows', { SecretString }) })
    assert.match(said, /Keys and values user <b>ada<\/b> Copy port 5432 Copy tls true Copy note null Copy/)
    assert.ok(said.includes(`As it is kept Copy ${SecretString}`) && !text.includes('<b>'))
  })

  for (const [story, SecretString] of [
    ['holds an object', '{"a":{"b":1}}'],
    ['holds a number that would be rounded', '{"a":12345678901234567890}'],
    ['names a member twice', '{"a":"1","a":"2"}'],
    ['is a list', '["a"]'],
  ] as const) {
    test(`that ${story} is shown as it is kept and not in rows, which would say something else`, async () => {
      const id = await make(`no-rows/${story.replaceAll(' ', '-')}`, { SecretString })
      const { plain: said } = await send('value', { id })
      assert.ok(said.includes(`The text Copy ${SecretString}`) && !said.includes('Keys and values'))
    })
  }

  test('of bytes is shown in base64 with its size', async () => {
    const bytes = Buffer.from([0, 255, 10, 13])
    const { plain: said } = await send('value', { id: await make('binary', { SecretBinary: bytes }) })
    assert.match(said, /The bytes, in base64 Copy AP8KDQ==/)
    assert.match(said, /Size 4 bytes/)
  })

  test('that a page can’t give as it is, is given in base64 as well; one that begins with a line break is whole', async () => {
    const windows = 'a\r\nb'
    const { text } = await send('value', { id: await make('windows', { SecretString: windows }) })
    assert.ok(text.includes(`<code id="base64">${Buffer.from(windows).toString('base64')}</code>`))
    const id = await make('line-first', { SecretString: '\n</code><script>' })
    const shown = await send('value', { id })
    assert.ok(shown.text.includes('<code id="whole">\n&lt;/code&gt;&lt;script&gt;</code>'))
    assert.ok(!shown.text.includes('id="base64"'))
  })

  test('is put anew by the secretsPage, and what is wrong is said beside it', async () => {
    const arn = await make('anew')
    const form = {
      id: arn,
      as: 'text',
      value: 'second',
      token: tokenIn((await see(pathOf('new-value', arn))).text),
    }
    const wrong = await send('new-value', { ...form, as: 'json', value: '{"seen-by-nobody' })
    assert.equal(wrong.status, 400)
    assert.match(wrong.plain, /The value/)
    assert.ok(!wrong.text.includes('seen-by-nobody'))
    for (const _ of ['once', 'a second click']) {
      const { status, sentTo = '' } = await send('new-value', form)
      assert.equal(status, 303)
      assert.match((await see(sentTo)).plain, /The new value is the current one\./)
    }
    assert.equal((await valueIn(arn)).SecretString, 'second')
    assert.equal((await valueIn(arn, { VersionStage: 'AWSPREVIOUS' })).SecretString, 'one')
    const again = await send('new-value', { ...form, value: 'third' })
    assert.equal(again.status, 400)
    assert.match(again.plain, /already in use/)
    assert.deepEqual(
      rowsOf('PutSecretValue', arn)
        .map(row => row.caller_arn)
        .slice(0, 1),
      [caller],
    )
  })
})

describe('labels', () => {
  test('go back to the version before, after a page that says so, from where the page saw them alone', async () => {
    const arn = await make('stages', { SecretString: 'first' })
    const { VersionId: first = '' } = await valueIn(arn)
    await put(arn, 'second')
    const { VersionId: second = '' } = await valueIn(arn)
    const asked = await see(pathOf('stage', arn, { to: first, stage: 'AWSCURRENT' }))
    assert.match(asked.plain, new RegExp(`From version ${second} To version ${first}`))
    assert.match(asked.plain, /AWSPREVIOUS follows/)
    assert.equal((await valueIn(arn)).SecretString, 'second')
    const form = { id: arn, stage: 'AWSCURRENT', from: second, to: first }
    const { sentTo = '' } = await send('stage', form)
    assert.match((await see(sentTo)).plain, /The label is moved\./)
    assert.equal((await valueIn(arn)).SecretString, 'first')
    const late = await send('stage', form)
    assert.equal(late.status, 400)
    assert.match(late.plain, /not currently attached to version/)
    assert.match(
      (await see(pathOf('stage', arn, { to: first, stage: 'AWSCURRENT' }))).plain,
      /at this version already/,
    )
  })

  test('of one’s own come to a version and are taken off', async () => {
    const arn = await make('own-label')
    const { VersionId: to = '' } = await valueIn(arn)
    assert.match((await see(pathOf('stage', arn, { to, stage: 'mine' }))).plain, /none: it is a new label/)
    assert.equal((await send('stage', { id: arn, stage: 'mine', from: '', to })).status, 303)
    assert.match(
      (await see(pathOf('stage', arn, { to }))).plain,
      /At this version AWSCURRENT mine Take it off/,
    )
    assert.match((await see(pathOf('stage', arn, { stage: 'mine' }))).plain, /Take a label off/)
    const { sentTo = '' } = await send('stage', { id: arn, stage: 'mine', from: to, to: '' })
    assert.match((await see(sentTo)).plain, /The label is taken off\./)
    assert.deepEqual((await described(arn)).VersionIdsToStages, { [to]: ['AWSCURRENT'] })
  })
})

describe('what is said of a secret', () => {
  test('its description and its tags are changed, each by itself', async () => {
    const arn = await make('edited', { Tags: [{ Key: 'old', Value: '1' }] })
    const changed = await send('edit/description', { id: arn, description: 'now <b>\r\nthis' })
    assert.match((await see(changed.sentTo ?? '')).text, /now &lt;b&gt;\nthis<\/textarea>/)
    await send('edit/tag', { id: arn, key: 'new', value: '2' })
    const untagged = await send('edit/untag', { id: arn, key: 'old' })
    assert.match((await see(untagged.sentTo ?? '')).plain, /The tag is taken off\..*new 2/)
    const { Description, Tags } = await described(arn)
    assert.deepEqual([Description, Tags], ['now <b>\nthis', [{ Key: 'new', Value: '2' }]])
  })

  for (const [story, part, form, says, kept] of [
    [
      'a tag that can’t be',
      'tag',
      { key: 'aws:<x>', value: 'y' },
      /no key begins with aws:/,
      'aws:&lt;x&gt;',
    ],
    [
      'a description that is too long',
      'description',
      { description: `<${'x'.repeat(2_048)}` },
      /2048/,
      '&lt;xxx',
    ],
  ] as const) {
    test(`${story} is told beside its field, and stays to be mended`, async () => {
      const {
        status,
        text,
        plain: said,
      } = await send(`edit/${part}`, { id: await make(`edit-${part}`), ...form })
      assert.equal(status, 400)
      assert.match(said, says)
      assert.ok(text.includes(kept) && text.includes(`aria-describedby="${part}-problem"`))
    })
  }
})

describe('deletion', () => {
  test('is asked about first, leaves time to restore it, and is taken back', async () => {
    const arn = await make('leaving')
    assert.match((await see(pathOf('delete', arn))).plain, /Delete this secret\?/)
    for (const days of ['6', '31', '7.5', '', 'x']) {
      const { status, text } = await send('delete', { id: arn, days })
      assert.equal(status, 400)
      assert.match(text, /id="days-problem"/)
    }
    assert.equal((await described(arn)).DeletedDate, undefined)
    const { sentTo = '' } = await send('delete', { id: arn, days: '7' })
    const { plain: said, text } = await see(sentTo)
    assert.match(said, /Scheduled for deletion Since/)
    assert.ok(!text.includes('/value"') && !text.includes('New value'))
    assert.equal((await send('value', { id: arn })).status, 400)
    const [row] = rowsOf('DeleteSecret', arn)
    assert.match(JSON.stringify(row), /recoveryWindowInDays\W+7/)
    const restored = await send('restore', { id: arn })
    assert.match((await see(restored.sentTo ?? '')).plain, /It is restored/)
    assert.equal((await valueIn(arn)).SecretString, 'one')
  })
})
