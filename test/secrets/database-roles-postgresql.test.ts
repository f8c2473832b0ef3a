import { describe } from 'node:test'
import { skipWithoutPostgresHere, startPostgresWithTls } from '../support/postgres-with-tls.ts'
import { serviceKinds } from '../support/stores.ts'
import { keepsLeases } from './keeps-leases.ts'

for (const { kind, skip, settings } of serviceKinds) {
  const reason = skipWithoutPostgresHere || skip
  describe(`users of PostgreSQL for a time, with ${kind} as our own store`, { skip: reason }, async () => {
    if (!reason) keepsLeases(await startPostgresWithTls(), await settings())
  })
}
