import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callerContext } from '../../server/authorization/caller-context.ts'
import { accountId, facts, provider } from '../federation/compose-gate.ts'
import { root, sessionCaller } from './callers.ts'

const ofRequest = {
  'aws:sourceip': ['192.0.2.7'],
  'aws:currenttime': ['2030-01-02T03:04:05Z'],
  'aws:epochtime': ['1893553445'],
  'aws:securetransport': ['true'],
  'aws:useragent': ['curl/8'],
  'aws:principalaccount': [accountId],
}

test('a session’s keys say whose it is, by the role’s own ARN, and since when', () => {
  const caller = sessionCaller('AROA1', { tags: { Team: 'blue', Empty: '' }, sourceIdentity: 'ada.l' })
  assert.deepEqual(Object.fromEntries(callerContext(caller, facts)), {
    ...ofRequest,
    'aws:userid': ['AROA1:ada'],
    'aws:principalarn': [`arn:aws:iam::${accountId}:role/team/reader`],
    'aws:principaltype': ['AssumedRole'],
    'aws:federatedprovider': [provider],
    'aws:tokenissuetime': ['2030-01-02T03:03:05Z'],
    'aws:sourceidentity': ['ada.l'],
    'aws:multifactorauthpresent': ['false'],
    'aws:principaltag/team': ['blue'],
    'aws:principaltag/empty': [''],
    'issuer.example:sub': ['person-1'],
    'issuer.example:aud': ['rolecall'],
  })
})

test('the role’s own tags stand behind those of the session, in whatever case their keys are', () => {
  const caller = sessionCaller('AROA1', { tags: { TEAM: 'blue' } })
  const context = callerContext({ ...caller, roleTags: { team: 'red', tier: 'intern' } }, facts)
  assert.deepEqual(context.get('aws:principaltag/team'), ['blue'])
  assert.deepEqual(context.get('aws:principaltag/tier'), ['intern'])
})

test('what a session does not have is absent', () => {
  const { userAgent: _userAgent, ...silent } = facts
  const context = callerContext(sessionCaller('AROA1'), silent)
  for (const key of ['aws:useragent', 'aws:sourceidentity', 'aws:username']) assert.ok(!context.has(key), key)
  assert.ok(![...context.keys()].some(key => key.startsWith('aws:principaltag/')))
})

test('the root’s keys say that it is the account', () => {
  assert.deepEqual(Object.fromEntries(callerContext(root, facts)), {
    ...ofRequest,
    'aws:userid': [accountId],
    'aws:principalarn': [`arn:aws:iam::${accountId}:root`],
    'aws:principaltype': ['Account'],
  })
})

test('no tag’s name can stand in for another key', () => {
  const tags = { 'x/../../aws:sourceip': '10.0.0.1', 'aws:PrincipalArn': 'z' }
  const context = callerContext(sessionCaller('AROA1', { tags }), facts)
  assert.deepEqual(context.get('aws:sourceip'), ['192.0.2.7'])
  assert.deepEqual(context.get('aws:principalarn'), [`arn:aws:iam::${accountId}:role/team/reader`])
})
