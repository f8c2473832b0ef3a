/** Holds the house's floors: who may import whom, and what no file may do. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { describe, test } from 'node:test'

type SourceFile = { path: string; source: string }
type Import = { target: string; kind: 'static' | 'type' | 'dynamic' }

const floors = [
  ['base', 'keys'],
  ['policy', 'tokens', 'saml', 'directory', 'store', 'http', 'mail'],
  ['identity', 'accounts', 'credentials', 'authorization', 'audit', 'jobs'],
  ['aws', 'federation'],
  ['web', 'oidc', 'sts', 'iam', 'trail', 'cognito', 'secrets', 'diagnostics'],
  ['settings'],
  // The roof: its files lie in server/ itself, the room without a name.
  ['', 'demo', 'cli'],
]
/** Rooms on the roof, and the one file that may load each. */
const roofRooms: Readonly<Record<string, string>> = { demo: 'server/main.ts', cli: 'server/rolecall.ts' }
const roofFiles = [
  'main.ts',
  'account-access.ts',
  'app.ts',
  'audit-store.ts',
  'config.ts',
  'aws-services.ts',
  'database-access.ts',
  'directory-access.ts',
  'housekeeping.ts',
  'installation.ts',
  'open-parts.ts',
  'outbound-rules.ts',
  'rolecall.ts',
  'routes.ts',
  'secrets-access.ts',
  'secret-keys.ts',
  'check-node.js',
]
const drawers = /\/(?:utils?|helpers?|common|misc)(?:\/|\.[jt]s$)/

/** Every breach in a tree of files under server/, each as `path: what is wrong`. */
function findBreaches(files: readonly SourceFile[], packages: readonly string[]): string[] {
  const code = files.filter(file => /\.[jt]s$/.test(file.path))
  return [
    ...code.flatMap(file =>
      [...placeBreaches(file.path), ...shapeBreaches(file), ...importBreaches(file, packages)].map(
        breach => `${file.path}: ${breach}`,
      ),
    ),
    ...readmeBreaches(files),
  ]
}

function placeBreaches(path: string): string[] {
  const breaches: string[] = []
  const room = roomOf(path)
  if (floorOf(room) === -1) breaches.push(`the room ${room} stands on no floor`)
  if (room === '' && !roofFiles.includes(path.slice('server/'.length))) breaches.push('belongs in a room')
  if (drawers.test(path)) breaches.push('a drawer for anything, not a room')
  if (/\/index\.[jt]s$/.test(path)) breaches.push('a barrel')
  if (!/^[a-z0-9/.-]+$/.test(path)) breaches.push('not in kebab-case')
  return breaches
}

function shapeBreaches({ path, source }: SourceFile): string[] {
  const code = withoutComments(source)
  const room = roomOf(path)
  const breaches: string[] = []
  if (source.trimEnd().split('\n').length > 250) breaches.push('longer than 250 lines')
  if (/^export\s+default\b|\bas\s+default\b|^export\s*=/m.test(code)) breaches.push('a default export')
  if (code.replaceAll(staticImport, '').trim() === '') breaches.push('a barrel')
  if (readsEnvironment.test(code) && path !== 'server/config.ts') breaches.push('reads process.env')
  if (/\brequire\(['"`]|\bcreateRequire\b/.test(code)) breaches.push('loads with require')
  const rendersViews = /from\s*'ejs'|\b(?:res|response|reply)\.render\(/.test(code)
  const namesViews = room !== '' && /['"`/]views(?:\/[^'"`\n]*)?['"`]/.test(code)
  if ((rendersViews || namesViews) && room !== 'web') breaches.push('renders views')
  return breaches
}

function importBreaches({ path, source }: SourceFile, packages: readonly string[]): string[] {
  return importsOf(source).flatMap(({ target, kind }) => {
    const breach = target.startsWith('.')
      ? pathBreach(path, normalize(join(dirname(path), target)), kind)
      : packageBreach(target, packages)
    return breach === undefined ? [] : [`${breach}: ${target}`]
  })
}

function pathBreach(from: string, to: string, kind: Import['kind']): string | undefined {
  if (!to.endsWith('.ts')) return 'an import that does not end in .ts'
  if (!to.startsWith('server/')) return 'an import from outside server/'
  const [room, other] = [roomOf(from), roomOf(to)]
  if (room === other) return undefined
  const loader = roofRooms[other]
  if (loader !== undefined && from !== loader) return `only ${basename(loader)} may load the ${other}`
  if (other === 'demo') return kind === 'static' ? 'the demo is loaded only when it is used' : undefined
  if (room in roofRooms || loader !== undefined || floorOf(other) < floorOf(room)) return undefined
  return floorOf(other) === floorOf(room) ? 'a sideways import' : 'an upward import'
}

function packageBreach(target: string, packages: readonly string[]): string | undefined {
  if (target.startsWith('node:')) return undefined
  const name = target.split('/', target.startsWith('@') ? 2 : 1).join('/')
  return packages.includes(name) ? undefined : 'not a dependency in package.json'
}

function readmeBreaches(files: readonly SourceFile[]): string[] {
  const rooms = new Set(files.filter(file => file.path.endsWith('.ts')).map(file => roomOf(file.path)))
  rooms.delete('')
  return [...rooms].flatMap(room => {
    const path = `server/${room}/README.md`
    const lines =
      files
        .find(file => file.path === path)
        ?.source.trim()
        .split('\n').length ?? 0
    return lines >= 5 && lines <= 15 ? [] : [`${path}: has ${lines} lines, not 5 to 15`]
  })
}

function roomOf(path: string): string {
  return /^server\/([^/]+)\//.exec(path)?.[1] ?? ''
}

function floorOf(room: string): number {
  return floors.findIndex(rooms => rooms.includes(room))
}

const staticImport =
  /(?:^|[;/}])\s*(?:import|export)\s+(type\s+)?(?:[\w$*,\s]|\{[^}]*\})*?\bfrom\s*['"]([^'"]+)['"];?/gm
const bareImport = /(?:^|[;/}])\s*import\s*['"]([^'"]+)['"]/gm
const dynamicImport = /\bimport\s*\(\s*(?:'([^']*)'|"([^"]*)"|([^)]*))/g
/** How a worker thread names its module. */
const workerUrl = /\bnew URL\(\s*['"]([^'"]+\.ts)['"],\s*import\.meta\.url/g
const readsEnvironment =
  /\bprocess\??\.env\b|\bprocess\??\.?\[|\benv\b[^}\n]*\}\s*=\s*process\b|\benv\b[^}]*\}\s*from\s*'node:process'/

/** Also those in types, and a dynamic one whose target is computed: that target stands for itself and is refused. */
function importsOf(source: string): Import[] {
  const code = withoutComments(source)
  return [
    ...[...code.matchAll(staticImport)].map(
      ([, type, target = '']): Import => ({ target, kind: type === undefined ? 'static' : 'type' }),
    ),
    ...[...code.matchAll(bareImport)].map(([, target = '']): Import => ({ target, kind: 'static' })),
    ...[...code.matchAll(dynamicImport)].map(
      ([, single, double, computed]): Import => ({
        target: single ?? double ?? `import(${computed})`,
        kind: 'dynamic',
      }),
    ),
    ...[...code.matchAll(workerUrl)].map(([, target = '']): Import => ({ target, kind: 'dynamic' })),
  ]
}

/**
 * Drops the lines that are nothing but comment, and no others: what is left standing can at worst be refused wrongly.
 * A line that begins with a star may also be a generator's.
 */
function withoutComments(source: string): string {
  return source.replaceAll(commentLine, '')
}

const commentLine = /^\s*(?:\/\/.*|\/?\*(?!\/\s*\S|\s*[[\w$]+\()(?:[^*\n]|\*(?!\/))*(?:\*\/\s*)?)$/gm

const root = dirname(import.meta.dirname)
const dependencies = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies)

describe('the house as it stands', () => {
  const files = globSync('server/**/*.{ts,js,md}', { cwd: root }).map(path => ({
    path,
    source: readFileSync(join(root, path), 'utf8'),
  }))

  test('keeps its floors and its rules', () => {
    assert.deepEqual(findBreaches(files, dependencies), [])
  })

  test('was really looked at', () => {
    const imports = files.flatMap(file => (file.path.endsWith('.ts') ? importsOf(file.source) : []))
    assert(files.length > 20 && imports.length > files.length)
    assert(imports.some(({ target }) => target === '../base/refusal.ts'))
  })
})

const readme = '# A room\n\nIts job.\nIts law.\nWhere to start.\n'

/** A tree in which every room has its README. */
function breachesIn(sources: Record<string, string>): string[] {
  const rooms = new Set(Object.keys(sources).map(roomOf))
  const tree = {
    ...Object.fromEntries([...rooms].map(room => [`server/${room}/README.md`, readme])),
    ...sources,
  }
  return findBreaches(
    Object.entries(tree).map(([path, source]) => ({ path, source })),
    ['zod', '@scope/thing'],
  )
}

const body = 'export const here = 1'

describe('the README', () => {
  test('names every room of server/ in its tree, and none that is not there', () => {
    const [, tree = ''] =
      /^## The tree\n+```\nserver\/([\s\S]*?)\nviews\//m.exec(
        readFileSync(join(root, 'README.md'), 'utf8'),
      ) ?? []
    const named = [...tree.matchAll(/([a-z]+)\//g)].map(([, room = '']) => room)
    const there = globSync('server/*/', { cwd: root }).map(path => basename(path))
    assert.deepEqual(named.sort(), there.sort())
  })
})

describe('a sound tree passes', () => {
  for (const [story, path, source] of [
    ['a lower floor', 'server/sts/a.ts', "import { x } from '../policy/b.ts'"],
    ['the floor below all', 'server/keys/a.ts', "import { x } from './b.ts'"],
    ['its own room from a folder in it', 'server/policy/operators/a.ts', "import { x } from '../b.ts'"],
    ['the roof imports a room', 'server/app.ts', "import { x } from './web/routes.ts'"],
    ['the roof imports the roof', 'server/main.ts', "import { x } from './config.ts'"],
    [
      'main.ts loads the demo when it is used',
      'server/main.ts',
      "const { x } = await import('./demo/start.ts')",
    ],
    ['main.ts knows the demo’s types', 'server/main.ts', "import type { X } from './demo/start.ts'"],
    [
      'the demo imports anything',
      'server/demo/a.ts',
      "import { x } from '../config.ts'\nimport { y } from '../web/b.ts'",
    ],
    [
      'packages and Node',
      'server/store/a.ts',
      "import { z } from 'zod'\nimport { y } from '@scope/thing/deep'\nimport fs from 'node:fs'",
    ],
    [
      'the commands import the roof and any room',
      'server/cli/a.ts',
      "import { x } from '../config.ts'\nimport { y } from '../diagnostics/b.ts'",
    ],
    ['rolecall.ts loads the commands', 'server/rolecall.ts', "import { x } from './cli/run.ts'"],
    ['config.ts reads the environment', 'server/config.ts', 'export const port = process.env.PORT'],
    [
      'web renders views',
      'server/web/a.ts',
      "import { render } from 'zod'\nresponse.render('home')\nconst at = '../../views/home.ejs'",
    ],
    [
      'a comment may say anything',
      'server/base/a.ts',
      "/**\n * import { x } from '../web/x.ts'\n * process.env\n */\n// export default 1",
    ],
  ] as const) {
    test(story, () => assert.deepEqual(breachesIn({ [path]: `${source}\n${body}` }), []))
  }
})

describe('a breach is found', () => {
  for (const [story, path, source, breach] of [
    [
      'upward',
      'server/policy/a.ts',
      "import { x } from '../federation/b.ts'",
      'an upward import: ../federation/b.ts',
    ],
    [
      'upward in a type',
      'server/base/a.ts',
      "import type { X } from '../store/b.ts'",
      'an upward import: ../store/b.ts',
    ],
    [
      'upward over several lines',
      'server/base/a.ts',
      "import {\n  type X,\n  y,\n} from '../store/b.ts'",
      'an upward import: ../store/b.ts',
    ],
    [
      'upward by export from',
      'server/base/a.ts',
      "export { x } from '../store/b.ts'",
      'an upward import: ../store/b.ts',
    ],
    [
      'upward by export star',
      'server/base/a.ts',
      "export * as all from '../store/b.ts'",
      'an upward import: ../store/b.ts',
    ],
    [
      'upward for its effect',
      'server/base/a.ts',
      "import '../store/b.ts'",
      'an upward import: ../store/b.ts',
    ],
    [
      'upward when it runs',
      'server/base/a.ts',
      "const x = await import('../store/b.ts')",
      'an upward import: ../store/b.ts',
    ],
    [
      'upward in a type’s import()',
      'server/base/a.ts',
      "type X = import('../store/b.ts').X",
      'an upward import: ../store/b.ts',
    ],
    [
      'upward into a thread',
      'server/audit/a.ts',
      "new Worker(new URL('../aws/b.ts', import.meta.url))",
      'an upward import: ../aws/b.ts',
    ],
    [
      'upward to the roof',
      'server/web/a.ts',
      "import type { Config } from '../config.ts'",
      'an upward import: ../config.ts',
    ],
    ['sideways', 'server/sts/a.ts', "import { x } from '../iam/b.ts'", 'a sideways import: ../iam/b.ts'],
    [
      'sideways on the ground floor',
      'server/base/a.ts',
      "import { x } from '../keys/b.ts'",
      'a sideways import: ../keys/b.ts',
    ],
    [
      'sideways by a roundabout path',
      'server/sts/a.ts',
      "import { x } from '../../server/iam/b.ts'",
      'a sideways import: ../../server/iam/b.ts',
    ],
    [
      'the demo, from a room',
      'server/web/a.ts',
      "const x = await import('../demo/start.ts')",
      'only main.ts may load the demo: ../demo/start.ts',
    ],
    [
      'the demo, from app.ts',
      'server/app.ts',
      "import type { X } from './demo/start.ts'",
      'only main.ts may load the demo: ./demo/start.ts',
    ],
    [
      'the demo, always loaded',
      'server/main.ts',
      "import { type X, y } from './demo/start.ts'",
      'the demo is loaded only when it is used: ./demo/start.ts',
    ],
    [
      'the commands, from a room',
      'server/diagnostics/a.ts',
      "import { x } from '../cli/b.ts'",
      'only rolecall.ts may load the cli: ../cli/b.ts',
    ],
    [
      'the commands, from the service',
      'server/main.ts',
      "import { x } from './cli/b.ts'",
      'only rolecall.ts may load the cli: ./cli/b.ts',
    ],
    [
      'the demo, from the commands',
      'server/cli/a.ts',
      "const x = await import('../demo/start.ts')",
      'only main.ts may load the demo: ../demo/start.ts',
    ],
    [
      'behind a comment on its line',
      'server/base/a.ts',
      "/* why */ import { x } from '../store/b.ts'",
      'an upward import: ../store/b.ts',
    ],
    [
      'at a comment’s end',
      'server/base/a.ts',
      "/*\n*/ import { x } from '../store/b.ts'",
      'an upward import: ../store/b.ts',
    ],
    [
      'out of the house',
      'server/app.ts',
      "import { x } from '../test/support/a.ts'",
      'an import from outside server/: ../test/support/a.ts',
    ],
    [
      'an import without ending',
      'server/sts/a.ts',
      "import { x } from './b'",
      'an import that does not end in .ts: ./b',
    ],
    [
      'a package only developers have',
      'server/sts/a.ts',
      "import request from 'supertest'",
      'not a dependency in package.json: supertest',
    ],
    [
      'a target nobody can read',
      'server/sts/a.ts',
      'const x = await import(name)',
      'not a dependency in package.json: import(name)',
    ],
    ['require', 'server/sts/a.ts', "const x = require('zod')", 'loads with require'],
    ['an unknown room', 'server/attic/a.ts', '', 'the room attic stands on no floor'],
    ['a stranger on the roof', 'server/server.ts', '', 'belongs in a room'],
    ['a drawer', 'server/policy/helpers/a.ts', '', 'a drawer for anything, not a room'],
    ['a file of anything', 'server/policy/utils.ts', '', 'a drawer for anything, not a room'],
    ['a barrel by name', 'server/policy/index.ts', '', 'a barrel'],
    ['a name in camelCase', 'server/policy/anyOf.ts', '', 'not in kebab-case'],
    ['a default export', 'server/policy/a.ts', 'export default here', 'a default export'],
    ['a default export by renaming', 'server/policy/a.ts', 'export { here as default }', 'a default export'],
    ['the environment', 'server/web/a.ts', 'const port = process.env.PORT', 'reads process.env'],
    [
      'the environment by destructuring',
      'server/app.ts',
      'const { argv, env } = process',
      'reads process.env',
    ],
    [
      'the environment by import',
      'server/base/a.ts',
      "import { env } from 'node:process'",
      'reads process.env',
    ],
    ['the environment by index', 'server/base/a.ts', "const env = process['env']", 'reads process.env'],
    ['views rendered elsewhere', 'server/oidc/a.ts', "response.render('home')", 'renders views'],
    [
      'views read elsewhere',
      'server/sts/a.ts',
      "const at = new URL('../../views/home.ejs', import.meta.url)",
      'renders views',
    ],
    ['a long file', 'server/sts/a.ts', '\n'.repeat(250), 'longer than 250 lines'],
  ] as const) {
    test(story, () => assert.deepEqual(breachesIn({ [path]: `${source}\n${body}` }), [`${path}: ${breach}`]))
  }

  test('a barrel by content', () => {
    const source = "// All of it.\nexport { x } from './b.ts'\nexport type { Y } from './c.ts'\n"
    assert.deepEqual(breachesIn({ 'server/policy/all.ts': source }), ['server/policy/all.ts: a barrel'])
  })

  test('a README that is missing, short or long', () => {
    assert.deepEqual(findBreaches([{ path: 'server/sts/a.ts', source: body }], []), [
      'server/sts/README.md: has 0 lines, not 5 to 15',
    ])
    for (const lines of [4, 16]) {
      assert.deepEqual(
        breachesIn({ 'server/sts/a.ts': body, 'server/sts/README.md': 'line\n'.repeat(lines) }),
        [`server/sts/README.md: has ${lines} lines, not 5 to 15`],
      )
    }
  })
})
