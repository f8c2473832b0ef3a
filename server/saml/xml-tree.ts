import { SaxesParser } from 'saxes'

/** An element without its prefixes: names are what their namespaces say. */
export type XmlElement = {
  namespace: string
  name: string
  /** Those without a namespace, which are all that SAML has. */
  attributes: ReadonlyMap<string, string>
  children: readonly XmlElement[]
  /** The text between its children, without theirs. */
  text: string
}

/** What is not a document that we take. */
export class MalformedXml extends Error {
  override readonly name = 'MalformedXml'
}

/** The library that checks signatures takes long over many elements: half a second over 5,000. */
const mostElements = 1_500
const mostAttributes = 3_000
const deepest = 40

/**
 * Reads a document whole, or not at all: well-formed, in namespaces, of bounded depth and size. Document types, and
 * with them entities of one's own, are refused: they reach files and multiply in memory. So are CDATA, processing
 * instructions and (unless the caller says otherwise) comments: `admin<!---->@evil.example` is one text to one parser
 * and another to the next.
 *
 * @throws {MalformedXml}
 * @see SAML Core, section 1.3; https://www.kb.cert.org/vuls/id/475445
 */
export function readXml(text: string, { comments = 'refused' }: { comments?: 'refused' | 'skipped' } = {}) {
  const parser = new SaxesParser({ xmlns: true, position: false })
  const top: Draft = { namespace: '', name: '', attributes: new Map(), children: [], text: '' }
  const open: Draft[] = [top]
  let [elements, attributes] = [0, 0]
  const refuse = (what: string) => () => {
    throw new MalformedXml(what)
  }
  parser.on('error', error => {
    throw new MalformedXml(error.message)
  })
  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0' || !/^utf-8$/i.test(encoding ?? 'utf-8'))
      throw new MalformedXml('not XML 1.0 in UTF-8')
  })
  parser.on('doctype', refuse('a document type'))
  parser.on('processinginstruction', refuse('a processing instruction'))
  parser.on('cdata', refuse('a CDATA section'))
  if (comments === 'refused') parser.on('comment', refuse('a comment'))
  parser.on('text', part => {
    const element = open.at(-1)
    if (element !== undefined) element.text += part
  })
  parser.on('opentag', tag => {
    const element = draftOf(tag)
    elements++
    attributes += Object.keys(tag.attributes).length
    if (elements > mostElements || attributes > mostAttributes || open.length > deepest) {
      throw new MalformedXml('too much of it')
    }
    open.at(-1)?.children.push(element)
    open.push(element)
  })
  parser.on('closetag', () => {
    open.pop()
  })
  parser.write(text).close()
  const [root] = top.children
  if (root === undefined) throw new MalformedXml('no element')
  return root
}

type Draft = {
  namespace: string
  name: string
  attributes: Map<string, string>
  children: XmlElement[]
  text: string
}

type Tag = {
  uri: string
  local: string
  attributes: Readonly<Record<string, { uri: string; local: string; value: string }>>
}

function draftOf({ uri, local, attributes }: Tag): Draft {
  const own = Object.values(attributes).filter(attribute => attribute.uri === '')
  return {
    namespace: uri,
    name: local,
    attributes: new Map(own.map(({ local, value }) => [local, value])),
    children: [],
    text: '',
  }
}

/** The same element as text, with its namespaces; text between children comes before them. */
export function writeXml({ namespace, name, attributes, children, text }: XmlElement): string {
  const written = [['xmlns', namespace] as const, ...attributes].map(
    ([key, value]) => ` ${key}="${escapeXml(value)}"`,
  )
  return `<${name}${written.join('')}>${escapeXml(text)}${children.map(writeXml).join('')}</${name}>`
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/[\t\n\r]/g, space => `&#${space.charCodeAt(0)};`)
}

/** The children of this name. */
export function childrenOf(element: XmlElement, namespace: string, name: string): XmlElement[] {
  return element.children.filter(child => child.namespace === namespace && child.name === name)
}
