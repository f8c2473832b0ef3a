import { decide } from '../../server/policy/decide/decide.ts'
import { compile } from './compile.ts'
import type { Scene } from './random-policies.ts'

export function decided({ documents, request }: Scene): { outcome: string; missing?: string } {
  const decision = decide(compile(documents), request)
  return 'missing' in decision
    ? { outcome: decision.outcome, missing: decision.missing }
    : { outcome: decision.outcome }
}

export function outcome(scene: Scene): string {
  return decided(scene).outcome
}
