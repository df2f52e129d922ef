import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether a client may use the target. Takes the same time for every wrong token. */
export type Admission = (offered: unknown) => boolean

/** Admits the bearer of this token; everyone when there is none. */
export function admission(token: string | undefined): Admission {
  if (token === undefined) return () => true
  const wanted = digest(token)
  return (offered) => typeof offered === 'string' && timingSafeEqual(digest(offered), wanted)
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
