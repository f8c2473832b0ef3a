import { describe } from 'node:test'
import { skipWithoutMariaDb, startMariaDb } from '../support/mariadb.ts'
import { serviceKinds } from '../support/stores.ts'
import { keepsLeases } from './keeps-leases.ts'

for (const { kind, skip, settings } of serviceKinds) {
  const reason = skipWithoutMariaDb || skip
  describe(`users of MariaDB for a time, with ${kind} as our own store`, { skip: reason }, async () => {
    if (!reason) keepsLeases(await startMariaDb(), await settings())
  })
}
