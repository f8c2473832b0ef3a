/** Somebody to try the service with. None of them exists; their addresses are reserved by RFC 2606. */
export type DemoPerson = {
  /** Names the person in a URL: `/sample-id-token/ada`. */
  key: string
  name: string
  givenName: string
  familyName: string
  /** The name's language (BCP 47), for fonts and for screen readers. */
  language: string
  email: string
  emailVerified: boolean
  /** 21 digits, as Google's `sub` has. */
  googleSub: string
  /** 17 digits, as Facebook's app-scoped ids have. */
  facebookId: string
}

/**
 * The same ids at every start, so that a role which trusts one of them still does tomorrow. Chosen to
 * be awkward where real people are: a name that isn't Latin, an apostrophe, an unverified address.
 */
export const demoPeople: readonly DemoPerson[] = [
  {
    key: 'ada',
    name: 'Ada Lindqvist',
    givenName: 'Ada',
    familyName: 'Lindqvist',
    language: 'sv',
    email: 'ada@example.com',
    emailVerified: true,
    googleSub: '100000000000000000011',
    facebookId: '10000000000000011',
  },
  {
    key: 'oksana',
    name: 'Оксана Шевчук',
    givenName: 'Оксана',
    familyName: 'Шевчук',
    language: 'uk',
    email: 'oksana@example.org',
    emailVerified: true,
    googleSub: '100000000000000000022',
    facebookId: '10000000000000022',
  },
  {
    key: 'amara',
    name: "Amara O'Connor-Nwosu",
    givenName: 'Amara',
    familyName: "O'Connor-Nwosu",
    language: 'en',
    email: 'amara@example.net',
    emailVerified: true,
    googleSub: '100000000000000000033',
    facebookId: '10000000000000033',
  },
  {
    key: 'mateo',
    name: 'Mateo Núñez Peña',
    givenName: 'Mateo',
    familyName: 'Núñez Peña',
    language: 'es',
    email: 'mateo@example.com',
    emailVerified: false,
    googleSub: '100000000000000000044',
    facebookId: '10000000000000044',
  },
]

export function findPerson(key: string | undefined): DemoPerson | undefined {
  return demoPeople.find(person => person.key === key)
}
