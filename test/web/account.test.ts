import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { accountWalk, noticeOf } from '../support/account-walk.ts'
import { startDemoRolecall, walkToCallback } from '../support/demo-rolecall.ts'
import { createHttpBrowser, type HttpBrowser, locationOf } from '../support/http-browser.ts'
import { auditRowsIn } from '../support/rolecall-process.ts'
import { until } from '../support/until.ts'

const demo = await startDemoRolecall()
const { url } = demo
const walk = accountWalk(demo)
const minutes = (count: number) => count * 60_000

function countOf(table: 'people' | 'ways_in'): number {
  const database = new DatabaseSync(join(demo.dataDir, 'rolecall.db'), { readOnly: true })
  const [row] = database.prepare(`select count(*) as count from ${table}`).all()
  database.close()
  return Number(row?.count)
}

async function signIn(provider: 'google' | 'facebook', person: string): Promise<HttpBrowser> {
  demo.advanceMs(2_000)
  return (await demo.signIn(provider, person)).browser
}
const accountOf = async (browser: HttpBrowser) => (await browser.get(`${url}/account`)).text()
const personIn = (html: string) => /class="person-origin">[\s\S]*?<\/span> ([^<]+)<\/span>/.exec(html)?.[1]
const waysIn = (html: string) => html.match(/class="panel linked-way"/g)?.length ?? 0
const unlinkForms = (html: string) =>
  [
    ...html.matchAll(/name="issuer" value="([^"]+)">\s*<input type="hidden" name="subject" value="([^"]+)"/g),
  ].map(([, issuer = '', subject = '']) => ({ issuer, subject }))

const formFor = (html: string, subject: string) => unlinkForms(html).find(one => one.subject === subject)

/** Refusals are written in their own time. */
async function reasonsOf(event: string, subject: string, count: number): Promise<unknown[]> {
  const read = () =>
    auditRowsIn(demo.dataDir).filter(
      row => row.event === event && row.subject === subject && row.decision === 'denied',
    )
  await until(() => read().length >= count)
  return read().map(({ reason }) => reason)
}

test('the account’s page needs a sign-in, and every page leads to it', async () => {
  assert.equal(noticeOf(await createHttpBrowser().get(`${url}/account`)), 'required')
  const browser = await signIn('google', 'ada')
  assert.match(await (await browser.get(`${url}/roles`)).text(), /href="\/account"/)
  const html = await accountOf(browser)
  assert.equal(waysIn(html), 1)
  assert.match(html, /Google \(stand-in\)/)
  assert.doesNotMatch(html, /PERSON/)
  assert.deepEqual(unlinkForms(html), [], 'the only way in has no button to unlink it')
})

test('two ways in with one address are two people, and nothing is kept of either beyond the sign-in', async () => {
  const [google, facebook] = [await signIn('google', 'ada'), await signIn('facebook', 'ada')]
  for (const browser of [google, facebook]) assert.equal(waysIn(await accountOf(browser)), 1)
  assert.equal(countOf('people'), 0)
  assert.equal(countOf('ways_in'), 0)
})

test('a person links a second way in, sees both first, and is the same one by either from then on', async () => {
  const browser = await signIn('google', 'ada')
  const page = await walk.comeBackFrom(browser, 'facebook', 'ada')
  assert.equal(new URL(page.url).pathname, '/account/confirm')
  const html = await page.clone().text()
  for (const text of [
    '100000000000000000011',
    '10000000000000011',
    'Google (stand-in)',
    'Facebook (stand-in)',
  ])
    assert.ok(html.replaceAll('<wbr>', '').includes(text), text)
  assert.equal(countOf('ways_in'), 0, 'nothing is linked yet')

  assert.equal(noticeOf(await walk.confirm(browser, page)), 'linked')
  const after = await accountOf(browser)
  assert.equal(waysIn(after), 2)
  assert.match(String(personIn(after)), /Google/, 'and they are signed in as they were')
  const id = await walk.personIdOn(browser)
  assert.match(id, /^PERSON[A-Z2-7]{17}$/)
  assert.equal(await walk.personIdOn(await signIn('facebook', 'ada')), id)

  const rows = auditRowsIn(demo.dataDir).filter(row => JSON.parse(String(row.detail ?? '{}')).person === id)
  const [linked, came] = rows
  assert.equal(linked?.event, 'LinkWayIn')
  assert.equal(linked?.resource, `arn:aws:iam::${demo.accountId}:person/${id}`)
  assert.deepEqual(JSON.parse(String(linked?.detail)).way.subject, '10000000000000011')
  assert.deepEqual([came?.event, came?.subject], ['SignIn', '10000000000000011'])
})

test('a way in that is linked is taken from nobody, and the page does not say whose it is', async () => {
  const eve = await signIn('google', 'oksana')
  const page = await walk.comeBackFrom(eve, 'facebook', 'ada')
  assert.equal(noticeOf(page), 'taken')
  const html = await page.text()
  assert.match(html, /linked elsewhere/)
  assert.doesNotMatch(html, /PERSON|Ada/)
  assert.equal(countOf('people'), 1)
  assert.deepEqual(await reasonsOf('LinkWayIn', '100000000000000000022', 1), ['entity.exists'])
})

test('coming back as oneself links nothing, nor does a way that is linked already', async () => {
  const browser = await signIn('google', 'ada')
  assert.equal(noticeOf(await walk.comeBackFrom(browser, 'google', 'ada')), 'same')
  assert.equal(noticeOf(await walk.comeBackFrom(browser, 'facebook', 'ada')), 'linked-already')
})

test('whoever cancels at the provider is back at their account, as they were', async () => {
  const browser = await signIn('google', 'oksana')
  const page = await walk.comeBackFrom(browser, 'facebook', undefined)
  assert.equal(new URL(page.url).pathname, '/account')
  assert.match(await page.text(), /cancelled/)
})

test('a sign-in that is older than five minutes has to be done again, for linking and for unlinking', async () => {
  const browser = await signIn('google', 'ada')
  demo.advanceMs(minutes(5))
  const form = { issuer: 'https://graph.example', subject: '1' }
  for (const [path, asked] of [
    ['/account/link', {}],
    ['/account/unlink', form],
  ] as const) {
    const { path: at, html } = await walk.ask(browser, path, asked)
    assert.equal(at, '/account/sign-in')
    assert.match(html, /Sign in again first/)
    assert.doesNotMatch(html, /sign-in\/facebook/, 'the same way as before')
  }
  const { html } = await walk.ask(browser)
  const callback = await walk.leave(browser, walk.hrefIn(html, 'google'), 'ada')
  const page = await browser.follow(await browser.get(callback.href))
  assert.equal(new URL(page.url).pathname, '/account')
  assert.match((await walk.ask(browser)).html, /sign-in\/facebook\?errand/)
  demo.advanceMs(-minutes(5))
})

test('providers are told to ask anew, where they can be', async () => {
  const browser = await signIn('google', 'mateo')
  const { html } = await walk.ask(browser)
  const toFacebook = locationOf(await browser.get(walk.hrefIn(html, 'facebook')))
  assert.equal(toFacebook?.searchParams.get('auth_type'), 'reauthenticate')
  const toGoogle = locationOf(await browser.get(walk.hrefIn(html, 'google')))
  assert.equal(toGoogle?.searchParams.get('prompt'), 'select_account')
  const ordinary = locationOf(await createHttpBrowser().get(`${url}/sign-in/google`))
  assert.equal(ordinary?.searchParams.has('prompt'), false)
})

const attacks: [
  story: string,
  attempt: (browser: HttpBrowser) => Promise<Response>,
  notice: string | null,
][] = [
  [
    'a confirmation with nothing to confirm',
    browser => browser.post(`${url}/account/confirm`, { token: 'x' }),
    'late',
  ],
  [
    'a confirmation of another page than the one that was shown',
    async browser => {
      await walk.comeBackFrom(browser, 'facebook', 'mateo')
      return browser.post(`${url}/account/confirm`, { token: 'A'.repeat(22) })
    },
    'late',
  ],
  [
    'a confirmation after five minutes',
    async browser => {
      const page = await walk.comeBackFrom(browser, 'facebook', 'mateo')
      demo.advanceMs(minutes(5))
      const answer = await walk.confirm(browser, page)
      demo.advanceMs(-minutes(5))
      return answer
    },
    'late',
  ],
  [
    'an answer that another browser asked for, planted in one that is linking',
    async browser => {
      const attacker = await signIn('google', 'mateo')
      const { html } = await walk.ask(attacker)
      const callback = await walk.leave(attacker, walk.hrefIn(html, 'facebook'), 'mateo')
      const { html: own } = await walk.ask(browser)
      await browser.get(walk.hrefIn(own, 'facebook'))
      const planted = await browser.get(callback.href)
      assert.equal(noticeOf(planted), 'over')
      return browser.get(String(locationOf(planted)))
    },
    'over',
  ],
  [
    'an ordinary sign-in that begins while a linking does',
    async browser => {
      await walk.ask(browser)
      const callback = await walk.leave(browser, `${url}/sign-in/facebook`, 'mateo')
      return browser.get(callback.href)
    },
    null,
  ],
  ...['', '?state=x'].map(
    query =>
      [
        `an ordinary sign-in at /sign-in/facebook${query}, the way that a linking was left by and not come back from,`,
        async (browser: HttpBrowser) => {
          const { html } = await walk.ask(browser)
          await walk.leave(browser, walk.hrefIn(html, 'facebook'), 'mateo')
          const callback = await walk.leave(browser, `${url}/sign-in/facebook${query}`, 'mateo')
          return browser.get(callback.href)
        },
        null,
      ] satisfies (typeof attacks)[number],
  ),
  [
    'an address that names another session’s errand',
    async browser => {
      const { html } = await walk.ask(await signIn('google', 'oksana'))
      await walk.ask(browser)
      const callback = await walk.leave(browser, walk.hrefIn(html, 'facebook'), 'mateo')
      return browser.get(callback.href)
    },
    null,
  ],
  [
    'an answer of another provider than the one that the browser left for',
    async browser => {
      const early = await walk.leave(browser, `${url}/sign-in/facebook`, 'mateo')
      const { html } = await walk.ask(browser)
      await walk.leave(browser, walk.hrefIn(html, 'google'), 'mateo')
      return browser.get(early.href)
    },
    null,
  ],
]
for (const [story, attempt, notice] of attacks) {
  test(`${story} links nothing`, async () => {
    const before = countOf('ways_in')
    const browser = await signIn('google', 'amara')
    const answer = await attempt(browser)
    assert.equal(noticeOf(answer), notice)
    if (notice === null) assert.equal(locationOf(answer)?.pathname, '/roles')
    assert.equal(
      (await browser.get(`${url}/account/confirm`)).status,
      303,
      'and nothing waits to be confirmed',
    )
    assert.equal(countOf('ways_in'), before)
  })
}

test('a linking that is not finished within ten minutes is an ordinary sign-in', async () => {
  const browser = await signIn('google', 'amara')
  const { html } = await walk.ask(browser)
  demo.advanceMs(minutes(9))
  const callback = await walk.leave(browser, walk.hrefIn(html, 'facebook'), 'amara')
  demo.advanceMs(minutes(1))
  assert.equal((await browser.get(callback.href)).headers.get('location'), '/roles')
  assert.match(String(personIn(await accountOf(browser))), /Facebook/)
  demo.advanceMs(-minutes(10))
})

for (const path of ['/account/link', '/account/confirm', '/account/unlink']) {
  test(`a POST to ${path} from another site is refused (CSRF), and from a stranger`, async () => {
    const browser = await signIn('google', 'amara')
    const evil = await browser.post(`${url}${path}`, {}, { origin: 'https://evil.example' })
    assert.equal(evil.status, 403)
    assert.equal((await createHttpBrowser().post(`${url}${path}`, { token: 'x' })).status, 401)
  })
}

test('the intention to link does not outlive the session that it was in', async () => {
  const browser = await signIn('google', 'amara')
  const { html } = await walk.ask(browser)
  const address = walk.hrefIn(html, 'facebook')
  await browser.post(`${url}/sign-out`, {})
  const callback = await walkToCallback(browser, address, 'amara')
  assert.equal((await browser.get(callback.href)).headers.get('location'), '/roles')
})

const ways = {
  google: { issuer: 'unknown', subject: '100000000000000000011' },
  facebook: { issuer: 'unknown', subject: '10000000000000011' },
}

test('a way in is unlinked by its person alone, who signs in by it once more', async () => {
  const browser = await signIn('google', 'ada')
  const id = await walk.personIdOn(browser)
  const html = await accountOf(browser)
  for (const way of Object.values(ways)) Object.assign(way, formFor(html, way.subject))

  const eve = await signIn('google', 'oksana')
  assert.equal(noticeOf(await eve.post(`${url}/account/unlink`, ways.facebook)), 'last')
  await walk.link(eve, 'facebook', 'oksana')
  assert.equal(noticeOf(await eve.post(`${url}/account/unlink`, ways.facebook)), 'changed', 'somebody else’s')
  assert.equal(waysIn(await accountOf(browser)), 2)

  const { html: asked } = await walk.ask(browser, '/account/unlink', ways.facebook)
  assert.match(asked, /Sign in by it once more/)
  assert.ok(asked.includes(id), 'whoever can’t is told what to tell the operator')
  assert.doesNotMatch(asked, /sign-in\/google/, 'that way alone is offered')
  assert.equal(waysIn(await accountOf(browser)), 2, 'nothing is unlinked yet')
  assert.equal(noticeOf(await walk.unlink(browser, ways.facebook, 'facebook', 'ada')), 'unlinked')
  const after = await accountOf(browser)
  assert.equal(waysIn(after), 1)
  assert.match(String(personIn(after)), /Google/, 'and they are signed in as they were')
  assert.equal(await walk.personIdOn(browser), id)
  const unlinked = await signIn('facebook', 'ada')
  assert.equal(await walk.personIdOn(unlinked), '', 'what was unlinked is nobody’s')

  const row = auditRowsIn(demo.dataDir).find(one => one.event === 'UnlinkWayIn' && one.decision === 'allowed')
  assert.deepEqual(JSON.parse(String(row?.detail)), { way: ways.facebook, person: id })
  const ofEve = await reasonsOf('UnlinkWayIn', '100000000000000000022', 2)
  assert.deepEqual(ofEve, ['entity.inUse', 'entity.missing'])
})

test('the last way in stays, and so does the id', async () => {
  const browser = await signIn('google', 'ada')
  const id = await walk.personIdOn(browser)
  assert.equal(noticeOf(await browser.post(`${url}/account/unlink`, ways.google)), 'last')
  assert.equal(await walk.personIdOn(browser), id)
  assert.deepEqual(await reasonsOf('UnlinkWayIn', ways.google.subject, 1), ['entity.inUse'])
  await walk.link(browser, 'facebook', 'ada')
})

test('the way that somebody is signed in by is unlinked after a sign-in by another that stays', async () => {
  const browser = await signIn('google', 'ada')
  const id = await walk.personIdOn(browser)
  const { html } = await walk.ask(browser, '/account/unlink', ways.google)
  assert.match(html, /by another of yours/)
  assert.doesNotMatch(html, /sign-in\/google/)
  assert.equal(noticeOf(await walk.unlink(browser, ways.google, 'facebook', 'ada')), 'unlinked')
  assert.equal(await walk.personIdOn(browser), '', 'they are signed in as that way alone')
  const facebook = await signIn('facebook', 'ada')
  assert.equal(await walk.personIdOn(facebook), id)
  await walk.link(facebook, 'google', 'ada')
})

const unlinkings: [
  story: string,
  attempt: (browser: HttpBrowser) => Promise<Response>,
  notice: string | null,
][] = [
  [
    'whoever has taken one way over, and has another account where the other way is,',
    browser => walk.unlink(browser, ways.facebook, 'facebook', 'mateo'),
    'another',
  ],
  [
    'a sign-in by the present way in the place of the one that is to go',
    async browser => {
      const { html } = await walk.ask(browser, '/account/unlink', ways.facebook)
      const address = walk.hrefIn(html, 'facebook').replace('/facebook', '/google')
      return browser.get((await walk.leave(browser, address, 'ada')).href)
    },
    'another',
  ],
  [
    'a stranger’s way in the place of one that stays',
    browser => walk.unlink(browser, ways.google, 'facebook', 'mateo'),
    'another',
  ],
  [
    'whoever cancels at the provider',
    browser => walk.unlink(browser, ways.facebook, 'facebook', undefined),
    'cancelled',
  ],
  [
    'an ordinary sign-in by the way that was to be unlinked',
    async browser => {
      await walk.ask(browser, '/account/unlink', ways.facebook)
      const callback = await walk.leave(browser, `${url}/sign-in/facebook`, 'ada')
      return browser.get(callback.href)
    },
    null,
  ],
  [
    'a sign-in that comes back after ten minutes',
    async browser => {
      const { html } = await walk.ask(browser, '/account/unlink', ways.facebook)
      demo.advanceMs(minutes(9))
      const callback = await walk.leave(browser, walk.hrefIn(html, 'facebook'), 'ada')
      demo.advanceMs(minutes(1))
      const answer = await browser.get(callback.href)
      demo.advanceMs(-minutes(10))
      return answer
    },
    null,
  ],
  [
    'an errand of another session of the same person',
    async browser => {
      const { html } = await walk.ask(await signIn('google', 'ada'), '/account/unlink', ways.facebook)
      await walk.ask(browser, '/account/unlink', ways.google)
      const callback = await walk.leave(browser, walk.hrefIn(html, 'facebook'), 'ada')
      return browser.get(callback.href)
    },
    null,
  ],
]
for (const [story, attempt, notice] of unlinkings) {
  test(`${story} unlinks nothing`, async () => {
    const before = countOf('ways_in')
    const browser = await signIn('google', 'ada')
    const answer = await attempt(browser)
    assert.equal(noticeOf(answer), notice)
    if (notice === null) assert.equal(locationOf(answer)?.pathname, '/roles')
    assert.equal(countOf('ways_in'), before)
  })
}

test('a way that was unlinked elsewhere meanwhile is told so', async () => {
  const [one, other] = [await signIn('google', 'ada'), await signIn('google', 'ada')]
  const { html } = await walk.ask(one, '/account/unlink', ways.facebook)
  const callback = await walk.leave(one, walk.hrefIn(html, 'facebook'), 'ada')
  await walk.unlink(other, ways.facebook, 'facebook', 'ada')
  assert.equal(noticeOf(await one.get(callback.href)), 'changed')
  await walk.link(one, 'facebook', 'ada')
})
