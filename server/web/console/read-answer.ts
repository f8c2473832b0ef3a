import type { Result } from '../../aws/action.ts'
import type { XmlValue } from '../../aws/xml.ts'

/** What an action answered, by its members' names on the wire. */

export function textIn(answer: Result, name: string): string | undefined {
  const value = answer[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

export function isTrueIn(answer: Result, name: string): boolean {
  return answer[name] === true
}

export function textsIn(answer: Result, name: string): string[] {
  return listIn(answer, name).filter(one => typeof one === 'string')
}

export function structuresIn(answer: Result, name: string): Result[] {
  return listIn(answer, name).filter(isStructure)
}

export function structureIn(answer: Result, name: string): Result {
  const value = answer[name]
  return isStructure(value) ? value : {}
}

function listIn(answer: Result, name: string): readonly XmlValue[] {
  const value = answer[name]
  return Array.isArray(value) ? value : []
}

function isStructure(value: XmlValue): value is Result {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Map)
}
