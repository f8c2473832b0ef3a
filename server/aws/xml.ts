/** What can be rendered: absent members are left out, a list's members are called `member`, a map's `entry`. */
export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlValue[]
  | ReadonlyMap<string, string | number>
  | { readonly [name: string]: XmlValue }

/** Renders the members of a structure, one element each. Names are ours, values are anybody's. */
export function renderXml(members: { readonly [name: string]: XmlValue }): string {
  let xml = ''
  for (const name in members) xml += renderElement(name, members[name])
  return xml
}

function renderElement(name: string, value: XmlValue): string {
  if (value === undefined) return ''
  return `<${name}>${renderContent(value)}</${name}>`
}

function renderContent(value: XmlValue): string {
  if (typeof value === 'string') return escapeXml(value)
  if (typeof value !== 'object') return String(value)
  if (isMap(value)) return [...value].map(([key, of]) => renderElement('entry', { key, value: of })).join('')
  if (isList(value)) return value.map(member => renderElement('member', member)).join('')
  return renderXml(value)
}

function isMap(value: XmlValue): value is ReadonlyMap<string, string | number> {
  return value instanceof Map
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value)
}

const special = /[&<>"'\r\n\t]/
// XML 1.0, section 2.2: these are no characters of it, not even escaped. Lone surrogates neither.
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

/** Text that can stand in an element. What XML 1.0 can't hold at all becomes U+FFFD. */
export function escapeXml(text: string): string {
  const clean = text.toWellFormed().replace(forbidden, '\ufffd')
  if (!special.test(clean)) return clean
  return clean
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;')
    .replaceAll('\r', '&#xD;')
    .replaceAll('\n', '&#xA;')
    .replaceAll('\t', '&#x9;')
}
