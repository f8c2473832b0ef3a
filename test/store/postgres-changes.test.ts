import assert from 'node:assert/strict'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { createCatalogue } from '../../server/store/catalogue.ts'
import { createChangesFollower } from '../../server/store/postgres-changes.ts'
import { createDatabase, skipWithoutPostgres } from '../support/postgres.ts'
import { openSharedStore } from '../support/stores.ts'
import { until } from '../support/until.ts'

test(
  'a follower that is closed while it connects anew leaves no connection behind',
  { skip: skipWithoutPostgres },
  async () => {
    const direct = new URL(await createDatabase())
    await (await openSharedStore(direct.href)).close()
    const came: Socket[] = []
    const letThrough = (near: Socket) => {
      const far = connect(Number(direct.port), direct.hostname)
      near.pipe(far).pipe(near)
      for (const one of [near, far]) one.on('error', () => undefined)
    }
    const server = createServer(near => {
      came.push(near)
      if (came.length === 1) letThrough(near)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    after(() => {
      server.close()
      for (const near of came) near.destroy()
    })
    const url = new URL(direct)
    Object.assign(url, { hostname: '127.0.0.1', port: String((server.address() as AddressInfo).port) })

    const follower = createChangesFollower({ url: url.href, maxStalenessMs: 60_000 }, Date.now, {
      error() {},
    })
    await follower.follow(createCatalogue())
    came[0]?.destroy()
    await until(() => came.length === 2)
    await follower.close()
    const second = came[1] ?? assert.fail()
    letThrough(second)
    await until(() => second.closed)
  },
)
