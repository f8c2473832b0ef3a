/** Identity providers that speak SAML, and assertions that were shown. */
export const samlProviders = [
  `create table saml_providers (
    name {text} primary key,
    id {text} not null,
    metadata {text} not null,
    encryption {text} check (encryption in ('Required', 'Allowed')),
    private_keys {text} not null,
    tags {text} not null,
    created_at_ms bigint not null
  )`,
  `create table used_proofs (hash {text} primary key, expires_at_ms bigint not null)`,
  `create index used_proofs_by_expiry on used_proofs (expires_at_ms)`,
]
