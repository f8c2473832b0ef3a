import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { XMLParser } from 'fast-xml-parser'
import { escapeXml, renderXml } from '../../server/aws/xml.ts'

test('members become elements, lists become member elements, absent ones are left out', () => {
  assert.equal(
    renderXml({ A: 'x', B: undefined, C: [{ D: 1 }, { D: true }], E: {} }),
    '<A>x</A><C><member><D>1</D></member><member><D>true</D></member></C><E></E>',
  )
})

test('whatever text goes in, the document stays one document and the text comes out', () => {
  const parser = new XMLParser({ parseTagValue: false, trimValues: false, htmlEntities: true })
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), text => {
      const parsed = parser.parse(`<R>${escapeXml(text)}</R>`)
      assert.deepEqual(Object.keys(parsed), ['R'])
      assert.equal(typeof parsed.R, 'string')
    }),
  )
})

test('markup in a value is text', () => {
  assert.equal(escapeXml(`</Message><Code>"'&`), '&lt;/Message&gt;&lt;Code&gt;&quot;&apos;&amp;')
})

test('characters that XML can not hold become the replacement character', () => {
  assert.equal(escapeXml('a\u0000b\u001bc\ud800d\uffffe'), 'a\ufffdb\ufffdc\ufffdd\ufffde')
})
