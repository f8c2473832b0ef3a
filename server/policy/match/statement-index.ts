import type { Statement } from '../language/statement.ts'
import { AnchorTable } from './anchor-table.ts'
import { resourceFieldOf } from './arn-pattern.ts'
import { type Anchor, everywhere, type Pattern } from './pattern.ts'
import { TextHashes } from './text-hashes.ts'

type Filed = { anchor: Anchor; entry: Statement }

/** The statements of one action pattern, or of one NotAction, by resource. */
type ActionFile = {
  /** The action in lower case. */
  fits(action: string): boolean
  statements: AnchorTable<Statement>
  /** The first few, for whoever wants to know what a request came near to. */
  sample: readonly Statement[]
}

const sampleSize = 16

/** Past this many pairs of an action and a resource, a statement is filed under its actions alone. */
const mostPairs = 256
/** How many different actions an index remembers the files of. */
const mostActions = 512
const noContext = new Map()

/** Statements of one effect, filed by action and, below it, by resource. */
export class StatementIndex {
  /** In the order of the document. */
  readonly statements: readonly Statement[]
  readonly #files: AnchorTable<ActionFile>
  /** The files that fit an action, by the action as requests write it: there are few, asked for over and over. */
  readonly #known = new Map<string, readonly ActionFile[]>()

  constructor(statements: readonly Statement[]) {
    this.statements = statements
    this.#files = new AnchorTable(fileByAction(statements))
  }

  /**
   * Puts statements into `found`; answers how many. The action fits each of them, whether the resource does
   * is still to be seen. One may be there more than once.
   */
  lookUp(action: string, resource: ResourceHashes, found: Statement[]): number {
    let count = 0
    for (const { statements } of this.#known.get(action) ?? this.#find(action)) {
      count = statements.lookUp(resource, found, count)
    }
    return count
  }

  /** Some statements that the action fits, whatever their resources. */
  sample(action: string): readonly Statement[] {
    return (this.#known.get(action) ?? this.#find(action)).flatMap(({ sample }) => sample)
  }

  #find(action: string): readonly ActionFile[] {
    const lower = action.toLowerCase()
    actionHashes.use(lower, 0)
    const candidates: ActionFile[] = []
    this.#files.lookUp(actionHashes, candidates, 0)
    const files = [...new Set(candidates)].filter(file => file.fits(lower))
    if (this.#known.size >= mostActions) this.#known.clear()
    this.#known.set(action, files)
    return files
  }
}

/** The resource of the request that is being decided. */
export class ResourceHashes extends TextHashes {
  useResource(resource: string): void {
    this.use(resource, resourceFieldOf(resource) ?? resource.length)
  }
}

const actionHashes = new TextHashes()

function fileByAction(statements: readonly Statement[]): { anchor: Anchor; entry: ActionFile }[] {
  const files = new Map<string, Heading & { filed: Filed[] }>()
  const file = (name: string, heading: () => Heading): Filed[] => {
    const known = files.get(name) ?? { ...heading(), filed: [] }
    files.set(name, known)
    return known.filed
  }
  for (const statement of statements) {
    const { patterns, negated } = statement.actions
    const filed = negated
      ? [file(`not ${patterns.map(({ source }) => source).join(' ')}`, () => headingOfAllBut(patterns))]
      : patterns.map(pattern => file(pattern.source, () => headingOf(pattern)))
    for (const anchor of resourceAnchors(statement, filed.length)) {
      for (const one of filed) one.push({ anchor, entry: statement })
    }
  }
  const made = new Map<string, Pick<ActionFile, 'statements' | 'sample'>>()
  return [...files.values()].map(({ anchor, fits, filed }) => {
    // Actions that stand in the same statements share one table: a long list of them has one in all.
    const name = filed.map(({ entry }) => entry.index).join()
    const found = made.get(name) ?? {
      statements: new AnchorTable(filed),
      sample: filed.slice(0, sampleSize).map(({ entry }) => entry),
    }
    made.set(name, found)
    return { anchor, entry: { fits, ...found } }
  })
}

type Heading = { anchor: Anchor; fits: ActionFile['fits'] }

function headingOf(pattern: Pattern): Heading {
  return { anchor: pattern.anchor, fits: action => pattern.matches(action, noContext) }
}

function headingOfAllBut(patterns: readonly Pattern[]): Heading {
  return {
    anchor: everywhere,
    fits: action => !patterns.some(pattern => pattern.matches(action, noContext)),
  }
}

function resourceAnchors({ resources }: Statement, actions: number): readonly Anchor[] {
  if (resources === undefined || resources.negated) return [everywhere]
  if (actions * resources.patterns.length > mostPairs) return [everywhere]
  return resources.patterns.map(({ anchor }) => anchor)
}
