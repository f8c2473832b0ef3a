/** The two lines of a pino logger that the stand-ins use. */
export type DemoLog = {
  info(facts: object, sentence: string): void
  warn(facts: object, sentence: string): void
}
