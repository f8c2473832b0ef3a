import { anyOf, type Operator } from './operator.ts'

/** Both sides are base64: compared are the bytes, not their spelling. */
const sameBytes: Operator['compile'] = value => {
  const wanted = readBase64(value)
  return wanted && { fits: actual => readBase64(actual)?.equals(wanted) ?? false }
}

/** @see AWS IAM User Guide, condition operators, binary */
export const binaryOperators = { BinaryEquals: anyOf(sameBytes) } satisfies Record<string, Operator>

function readBase64(text: string): Buffer | undefined {
  const valid = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
  return valid ? Buffer.from(text, 'base64') : undefined
}
