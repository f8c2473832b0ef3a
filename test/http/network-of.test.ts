import assert from 'node:assert/strict'
import { test } from 'node:test'
import { networkOf, siteOf } from '../../server/http/network-of.ts'

for (const [address, network] of [
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['unknown', 'unknown'],
] as const) {
  test(`${address} is counted as ${network}`, () => {
    assert.equal(networkOf(address), network)
  })
}

for (const [address, site] of [
  ['192.0.2.1', undefined],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
  ['unknown', undefined],
] as const) {
  test(`${address} is at the site ${site}`, () => {
    assert.equal(siteOf(address), site)
  })
}
