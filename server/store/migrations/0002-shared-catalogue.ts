/** The number of the last change: how a node knows that it missed one. */
export const sharedCatalogue = [
  `create table catalogue (generation bigint not null)`,
  `insert into catalogue (generation) values (0)`,
]
