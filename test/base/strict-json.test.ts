import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseStrictObject } from '../../server/base/strict-json.ts'

/** A name that JSON has no way to write without an escape. */
const oddName = /["\\\u0000-\u001f]/

test('what JSON.stringify writes is read back as it was, or refused for a name', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), object => {
      const text = JSON.stringify(object)
      if (hasOddName(object)) assert.throws(() => parseStrictObject(text), /a name with/)
      else assert.equal(JSON.stringify(parseStrictObject(text)), text)
    }),
  )
})

function hasOddName(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, inner]) => oddName.test(name) || hasOddName(inner))
}

test('no text before it changes what a name means, though the engine’s own parser lets it', () => {
  JSON.parse('{"h":[],"\\\\":0}')
  assert.deepEqual(parseStrictObject('{"h":1,"\\u0061":2}'), { h: 1, a: 2 })
  JSON.parse('{"\\\\u006":1}')
  assert.deepEqual(parseStrictObject('{"\\u0061dmin":1}'), { admin: 1 })
  for (const name of ['\\"', '\\\\', '\\n', '\\u0000', 'a\\u005c']) {
    assert.throws(() => parseStrictObject(`{"${name}":1}`), /a name with/)
  }
})

const plainText = fc.string().filter(text => !oddName.test(text))
const plainValue = fc.jsonValue().filter(value => !hasOddName(value))

test('a member that is named twice is found wherever it is', () => {
  const wrap = fc.constantFrom<((inner: string) => string)[]>(
    inner => `[1,${inner},"x"]`,
    inner => `{"in":${inner}}`,
    inner => ` { "text" : "{\\"a\\":1}" , "in" : ${inner} } `,
  )
  fc.assert(
    fc.property(plainText, plainValue, fc.array(wrap, { maxLength: 5 }), (name, value, wraps) => {
      const member = `${JSON.stringify(name)}:${JSON.stringify(value)}`
      const escaped = `"${[...name].map(spelledOut).join('')}":0`
      for (const inner of [`{${member},${member}}`, `{${member},"z${name.length}":[{}],${escaped}}`]) {
        const text = wraps.reduce((all, one) => one(all), inner)
        assert.throws(() => parseStrictObject(`{"out":${text}}`), /twice/, text)
      }
    }),
  )
})

/** As \uXXXX, which means the same. */
function spelledOut(character: string): string {
  return character
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}

type Tree = [name: string, escaped: boolean, value: Tree | string][]

/** Few names, so that duplicates are common, and values full of what looks like JSON. */
const { tree } = fc.letrec<{ tree: Tree; value: Tree | string }>(tie => ({
  tree: fc.array(
    fc.tuple(fc.constantFrom('a', 'b', '', '"', '\\', '__proto__', 'é'), fc.boolean(), tie('value')),
    { maxLength: 3 },
  ),
  value: fc.oneof({ depthSize: 'small' }, fc.constantFrom('', ':', '"', '\\":', '{"a":'), tie('tree')),
}))

test('an object is refused exactly when the names that it was written with repeat, or are odd', () => {
  fc.assert(
    fc.property(tree, members => {
      const parse = () => parseStrictObject(write(members))
      if (repeats(members) || isOdd(members)) assert.throws(parse, /twice|a name with/)
      else assert.equal(JSON.stringify(parse()), JSON.stringify(meaning(members)))
    }),
    { numRuns: 500 },
  )
})

function write(value: Tree | string): string {
  if (typeof value === 'string') return JSON.stringify(value)
  const members = value.map(([name, escaped, inner]) => {
    const written = escaped ? `"${[...name].map(spelledOut).join('')}"` : JSON.stringify(name)
    return `${written} : [${write(inner)}]`
  })
  return `{${members.join(',')}}`
}

function repeats(value: Tree | string): boolean {
  if (typeof value === 'string') return false
  const names = new Set(value.map(([name]) => name))
  return names.size < value.length || value.some(([, , inner]) => repeats(inner))
}

function isOdd(value: Tree | string): boolean {
  return typeof value !== 'string' && value.some(([name, , inner]) => oddName.test(name) || isOdd(inner))
}

function meaning(value: Tree | string): unknown {
  if (typeof value === 'string') return value
  const object = Object.create(null)
  for (const [name, , inner] of value) object[name] = [meaning(inner)]
  return object
}

for (const text of [
  '{"a":{"a":{"a":1}}}',
  '{"a":"a","b":"a"}',
  '{"a":["b","b",{"b":1},{"b":2}],"b":1}',
  '{"a":":","b":",\\"a\\":1","c":"}{"}',
  '{"A":1,"a":2}',
  '{}',
]) {
  test(`${text} names nothing twice`, () => assert.deepEqual(parseStrictObject(text), JSON.parse(text)))
}

test('a member called __proto__ is a member', () => {
  const object = parseStrictObject('{"__proto__":{"sub":"victim"}}')
  assert.equal(object.sub, undefined)
  assert.throws(() => parseStrictObject('{"__proto__":1,"__proto__":2}'), /twice/)
})

for (const text of [
  '',
  'null',
  '[]',
  '"{}"',
  '7',
  '{',
  '{"a":1,}',
  "{'a':1}",
  '{"a":1}x',
  '\ufeff{}',
  '{"a":NaN}',
]) {
  test(`${JSON.stringify(text)} is no JSON object`, () => {
    assert.throws(() => parseStrictObject(text), SyntaxError)
  })
}

test('however deep it is nested, it is read', () => {
  const text = `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
  assert.ok(parseStrictObject(text))
})

test('the time that it takes grows with the length alone', () => {
  const text = `{${Array.from({ length: 20_000 }, (_, n) => `"${n}":"\\\\\\""`).join(',')}}`
  const startedAtMs = performance.now()
  parseStrictObject(text)
  assert.ok(performance.now() - startedAtMs < 2_000)
})
