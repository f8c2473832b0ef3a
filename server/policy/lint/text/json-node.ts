/** Where something stands in a document: for people, as a path, and as a count of characters before it. */
export type Place = { path: string; at: number }

export type JsonText = Place & { type: 'text'; value: string }
type JsonScalar =
  | (Place & { type: 'number'; value: number })
  | (Place & { type: 'boolean'; value: boolean })
  | (Place & { type: 'null'; value: null })
type JsonList = Place & { type: 'list'; items: readonly JsonNode[] }
export type JsonObject = Place & { type: 'object'; members: readonly JsonMember[] }
export type JsonNode = JsonText | JsonScalar | JsonList | JsonObject

/** Its place is that of the name. */
export type JsonMember = Place & { name: string; value: JsonNode }

/** The last of that name, as `JSON.parse` takes it; that there are more is told elsewhere. */
export function memberOf(object: JsonObject, name: string): JsonMember | undefined {
  return object.members.findLast(member => member.name === name)
}

/** One value may stand for a list of one. */
export function itemsOf(node: JsonNode): readonly JsonNode[] {
  return node.type === 'list' ? node.items : [node]
}

export function memberPath(path: string, name: string): string {
  if (!/^[A-Za-z_]\w*$/.test(name)) return `${path}[${JSON.stringify(name)}]`
  return path === '' ? name : `${path}.${name}`
}

export function itemPath(path: string, index: number): string {
  return `${path}[${index}]`
}
