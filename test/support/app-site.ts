import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'

/** What a path is answered with; its ending says what it is. */
export type Files = Record<string, string | Buffer>

const types: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css' }

/** Somebody's app on another origin of this machine, until the test file ends: nothing but files. */
export async function startAppSite(files: Files): Promise<{ origin: string }> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const name = path === '/' ? '/index.html' : path
    const file = Object.hasOwn(files, name) ? files[name] : undefined
    if (file === undefined) return response.writeHead(404).end()
    const type = types[name.split('.').at(-1) ?? ''] ?? 'text/plain'
    return response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(file)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
