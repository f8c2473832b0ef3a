import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import vm from 'node:vm'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const source = read('server/check-node.js')
const manifest: { dependencies: Record<string, string>; scripts: Record<string, string> } = JSON.parse(
  read('package.json'),
)
const [major = 0, minor = 0] = (manifest.dependencies.node ?? '').split('.').map(Number)

/** Runs the real file as a plain script under a process of the given version. */
function checkUnder(version: string) {
  const said: string[] = []
  const exits: number[] = []
  const process = { version, exit: (code: number) => exits.push(code) }
  vm.runInNewContext(source, { process, console: { error: (line: string) => said.push(line) } })
  return { said: said.join('\n'), exits }
}

for (const version of [
  `v${major}.${minor}.0`,
  `v${major}.${minor}.7`,
  `v${major}.${minor + 1}.0`,
  `v${major}.100.0`,
  process.version,
]) {
  test(`Node ${version} is let through without a word`, () => {
    assert.deepEqual(checkUnder(version), { said: '', exits: [] })
  })
}

for (const version of [
  'v0.12.18',
  'v6.17.1',
  'v20.20.2',
  `v${major}.${minor - 1}.9`,
  `v${major - 1}.99.0`,
  `v${major + 1}.0.0`,
  `v${major}.${minor - 1}.0-nightly2026`,
]) {
  test(`Node ${version} is refused with the way out`, () => {
    const { said, exits } = checkUnder(version)
    assert.deepEqual(exits, [1])
    assert.match(said, new RegExp(`needs Node ${major} .* this is Node ${version}\\.`))
    assert.match(said, /Run: npm install --ignore-scripts=false/)
  })
}

test('the check knows the very version that package.json pins', () => {
  assert.match(source, new RegExp(`major: ${major}, minor: ${minor} `))
})

test('every npm script that runs TypeScript checks the Node first', () => {
  for (const [name, script] of Object.entries(manifest.scripts)) {
    if (/\bnode\b.*\.ts\b/.test(script)) assert.match(script, /^node server\/check-node\.js && /, name)
  }
})
