import { text } from './setting-kinds.ts'

/** Of the secrets that users store. */
export const secretSettings = {
  ROLECALL_ROTATIONS_AT_ONCE: text(
    value => /^\d{1,2}$/.test(value) && Number(value) >= 1 && Number(value) <= 64,
    'not a number, expected 1 to 64',
  )
    .transform(Number)
    .default(4),
}
