import assert from 'node:assert/strict'
import test from 'node:test'
import { pagePolicy, peoplePage, problemPage } from '../../server/demo/pages.ts'
import { demoPeople } from '../../server/demo/people.ts'

test('a page says plainly that it is a stand-in on one’s own machine', () => {
  const page = peoplePage('Google', '127.0.0.1:3000', '/interaction/x')
  assert.match(page, /This is a stand-in for Google, running on your own machine\./)
})

test('whatever a caller gets shown on a page stays text', () => {
  const evil = `"><script>alert('1')</script>&`
  for (const page of [peoplePage('Google', evil, evil), problemPage('Facebook', evil, evil)]) {
    assert.equal(page.includes('<script'), false)
    assert.match(page, /&#34;&#62;&#60;script&#62;/)
  }
})

test('the people page offers every person and a way out, without any script or inline style', () => {
  const page = peoplePage('Facebook', '127.0.0.1:3000', '/v23.0/dialog/oauth')
  for (const { key } of demoPeople) assert.match(page, new RegExp(`<button[^>]+name="person" value="${key}"`))
  assert.match(page, /name="cancel"/)
  assert.match(page, /e-mail not verified/)
  assert.doesNotMatch(page, /<script|<style|style=| on[a-z]+=/)
})

test('the policy of a page lets its form lead to the client and nowhere else', () => {
  assert.match(pagePolicy(['http://127.0.0.1:3000']), /form-action 'self' http:\/\/127\.0\.0\.1:3000;/)
  assert.match(pagePolicy(), /default-src 'none'.*form-action 'self';.*frame-ancestors 'none'/)
})
