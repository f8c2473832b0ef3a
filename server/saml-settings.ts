import type { z } from 'zod'
import { oneOf, text } from './setting-kinds.ts'

/** The environment variables about SAML, each by itself. */
export const samlSettings = {
  ROLECALL_SAML_IDP_INITIATED: oneOf(['on', 'off']).default('off'),
  ROLECALL_SAML_SIGN_REQUESTS: oneOf(['wanted', 'always']).default('wanted'),
  ROLECALL_SAML_SIGNING_KEYS: text(
    isKeyNumbers,
    'not a list of key numbers, expected one to three from 1 to 999, each once, with commas between',
  )
    .transform(numbersIn)
    .default([1]),
}

export type SamlConfig = Readonly<{
  /** Whether an answer that nobody here asked for begins a sign-in. */
  idpInitiated: boolean
  /** Requests to providers that want it so, or all. */
  signRequests: 'wanted' | 'always'
  /** By number: the first signs, all are in our metadata. */
  signingKeys: readonly number[]
}>

export function samlOf(sound: z.output<z.ZodObject<typeof samlSettings>>): SamlConfig {
  return {
    idpInitiated: sound.ROLECALL_SAML_IDP_INITIATED === 'on',
    signRequests: sound.ROLECALL_SAML_SIGN_REQUESTS,
    signingKeys: sound.ROLECALL_SAML_SIGNING_KEYS,
  }
}

function numbersIn(value: string): number[] {
  return value.split(',').map(Number)
}

function isKeyNumbers(value: string): boolean {
  const isList = /^[1-9]\d{0,2}(?:\s*,\s*[1-9]\d{0,2}){0,2}$/.test(value)
  return isList && new Set(numbersIn(value)).size === numbersIn(value).length
}
