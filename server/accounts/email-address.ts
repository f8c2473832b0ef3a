import { domainToASCII } from 'node:url'

/** As it was written, and by what it is found. */
export type EmailAddress = { email: string; emailKey: string }

/**
 * Reads a mail address: ASCII before the @, as forms of browsers take it, and any host name behind, in its ASCII form.
 * Neither a line break nor a comma nor an angle bracket is in there, so that it is one recipient in any header.
 *
 * Found without regard to case, in the local part too: RFC 5321 would let a host tell `Ada@` and `ada@` apart, but
 * none that people use does, and two accounts for one mailbox would be two people for one. Where a host does tell them
 * apart, what is sent still goes to the spelling that was confirmed, never to what somebody else types. Only ASCII is
 * folded: letters that some tables take for each other (ı and i) stay two.
 *
 * @see RFC 5321, section 4.5.3.1; WHATWG HTML, "valid email address"
 */
export function readEmail(text: string): EmailAddress | undefined {
  const [, local, host] = /^([\w.!#$%&'*+/=?^`{|}~-]{1,64})@([^\s@]{1,190})$/.exec(text.trim()) ?? []
  if (local === undefined || host === undefined) return undefined
  const domain = domainToASCII(host)
  const isDomain = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(
    domain,
  )
  const email = `${local}@${domain}`
  return isDomain && email.length <= 254 ? { email, emailKey: email.toLowerCase() } : undefined
}
