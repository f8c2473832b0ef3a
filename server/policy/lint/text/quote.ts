const longest = 60

/** A text of the document within a sentence: never so long that the sentence is lost in it. */
export function quote(text: string): string {
  return `"${text.length > longest ? `${text.slice(0, longest)}…` : text}"`
}
