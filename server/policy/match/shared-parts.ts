import type { Chunk } from './segment.ts'
import { type Shape, shapeOf } from './shape.ts'

/** Shapes that many patterns of a document have. Each is kept once. */
export class SharedParts {
  readonly #shapes = new Map<string, Shape>()

  shape(chunks: readonly Chunk[]): Shape {
    const name = JSON.stringify(chunks.map(chunk => (typeof chunk === 'string' ? -chunk.length : chunk)))
    const known = this.#shapes.get(name)
    if (known !== undefined) return known
    const made = shapeOf(chunks)
    this.#shapes.set(name, made)
    return made
  }
}
