import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { XMLParser } from 'fast-xml-parser'

/**
 * The SDK passes over what it does not know: a member that is misspelt, or stands in the wrong place, is simply not
 * there. Here every answer is held to the schema that the SDK itself carries: no member that it does not know, lists
 * and structures where it wants them.
 */
type Schema = unknown

const kinds = { list: 1, map: 2, struct: 3, operation: 9 } as const
const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true })

/** The part of a client that takes middleware. */
type Client = {
  middlewareStack: {
    add(
      middleware: (next: Next, context: { commandName?: string }) => Next,
      options: { step: 'deserialize'; priority: 'low'; name: string },
    ): void
  }
}
type Next = (args: never) => Promise<{ response: unknown }>

/**
 * The client, each of whose answers is checked.
 * @param commands the package that the client is from, where its commands are
 */
export function checkShapes<Checked>(client: Checked, commands: object): Checked {
  const schemaOf = (commandName: string): Schema => {
    const Command = (commands as Record<string, new (input: object) => object>)[commandName]
    assert.ok(Command, `the SDK has no ${commandName}`)
    return Object(new Command({})).schema
  }
  const middleware =
    (next: Next, { commandName = '' }: { commandName?: string }) =>
    async (args: never) => {
      const result = await next(args)
      const response = result.response as { statusCode: number; body: AsyncIterable<Buffer> }
      const chunks: Buffer[] = []
      for await (const chunk of response.body) chunks.push(chunk)
      response.body = Readable.from([Buffer.concat(chunks)])
      if (response.statusCode === 200) {
        checkAnswer(
          commandName.replace(/Command$/, ''),
          Buffer.concat(chunks).toString(),
          schemaOf(commandName),
        )
      }
      return result
    }
  ;(client as Client).middlewareStack.add(middleware, {
    step: 'deserialize',
    priority: 'low',
    name: 'checkShapes',
  })
  return client
}

/** Fails with the path of what is wrong. */
export function checkAnswer(action: string, body: string, schema: Schema): void {
  const operation = resolve(schema)
  assert.equal(operation[0], kinds.operation)
  const isJson = body.startsWith('{')
  const result = isJson ? asInXml(JSON.parse(body)) : resultIn(body, action)
  // An action without a result answers an empty object.
  if (isJson && body === '{}') return
  check(result, operation[5], action, isJson)
}

function resultIn(xml: string, action: string): unknown {
  const answer = parser.parse(xml)[`${action}Response`]
  assert.ok(answer, `${action}: no ${action}Response`)
  return answer[`${action}Result`] ?? ''
}

/** JSON as the same would look in XML, where all values are text and lists have members. */
function asInXml(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? '' : { member: value.map(asInXml) }
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asInXml(member)]))
}

function check(value: unknown, schema: Schema, path: string, isJson: boolean): void {
  const [kind, , , , first, second] = resolve(schema)
  if (kind === kinds.struct) checkMembers(value, first as string[], second, path, isJson)
  else if (kind === kinds.list) {
    for (const member of membersOf(value, 'member', path)) check(member, first, `${path}.member`, isJson)
  } else if (kind === kinds.map && isJson) {
    // In JSON a map is an object, with its keys for names.
    for (const [key, entry] of Object.entries(Object(value))) check(entry, second, `${path}.${key}`, isJson)
  } else if (kind === kinds.map) {
    for (const entry of membersOf(value, 'entry', path)) {
      checkMembers(entry, ['key', 'value'], [first, second], `${path}.entry`, isJson)
    }
  } else assert.equal(typeof value, 'string', `${path} is not a plain value`)
}

function checkMembers(
  value: unknown,
  names: readonly string[],
  schemas: Schema,
  path: string,
  isJson: boolean,
): void {
  if (value === '') return
  assert.equal(typeof value, 'object', `${path} is not a structure`)
  const members = typeof schemas === 'function' ? schemas() : schemas
  for (const [name, member] of Object.entries(Object(value))) {
    const at = names.indexOf(name)
    assert.ok(at >= 0, `${path} has a member ${name}, which the SDK does not know`)
    check(member, members[at], `${path}.${name}`, isJson)
  }
}

function membersOf(value: unknown, name: string, path: string): unknown[] {
  if (value === '') return []
  const { [name]: members, ...others } = Object(value)
  assert.deepEqual(Object.keys(others), [], `${path} is no list of ${name}`)
  return Array.isArray(members) ? members : [members]
}

/** A number is a plain value, or with one of these bits a list or a map of such. */
const bits = { list: 64, map: 128 } as const

/** A schema may be wrapped: as a function, for those that refer to each other, or with its traits. */
function resolve(schema: Schema): readonly unknown[] {
  if (typeof schema === 'number') {
    if ((schema & bits.map) !== 0) return [kinds.map, '', '', 0, 0, schema & ~bits.map]
    return (schema & bits.list) === 0 ? [undefined] : [kinds.list, '', '', 0, schema & ~bits.list]
  }
  if (typeof schema === 'function') return resolve(schema())
  if (Array.isArray(schema) && typeof schema[0] !== 'number') return resolve(schema[0])
  return Array.isArray(schema) ? schema : [undefined]
}
