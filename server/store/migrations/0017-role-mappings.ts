/** Which roles people of a provider may have, by their claims. */
export const roleMappings = [
  `create table role_mappings (
    provider {text} primary key,
    mapping {text} not null,
    default_role {text}
  )`,
]
