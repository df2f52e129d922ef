import { InputError } from '../model/errors.ts'
import type { MovedObject, ObjectDemand } from '../model/object-store.ts'
import { placeOf } from '../storage/store-error.ts'
import type { PlannedRound } from './plan.ts'

/** A function that has more objects of its own moves some only in its second turn: more would only make its task longer. */
const MOST_EACH = 16

/**
 * The objects of each function of a round; with fixed work one list for all, the n-th object is the n-th chunk. No two functions (chunks)
 * have the same object, unless it shall be hot.
 * @throws InputError `TOO_FEW_OBJECTS`
 */
export function dealObjects(
  { concurrency, work }: Pick<PlannedRound, 'concurrency' | 'work'>,
  demand: ObjectDemand,
  pool: readonly MovedObject[],
): readonly (readonly MovedObject[])[] {
  const { atOnce, hot } = demand
  if (work !== undefined) {
    if (hot) return [Array.from({ length: work.chunks }, () => pool[0] as MovedObject)]
    if (pool.length < work.chunks) throw tooFew(demand, pool, work.chunks, `${work.chunks} chunks`)
    return [pool.slice(0, work.chunks)]
  }
  if (hot) {
    if (pool.length < atOnce) throw tooFew(demand, pool, atOnce, `${atOnce} at once`)
    return [pool.slice(0, atOnce)]
  }
  const each = Math.min(Math.floor(pool.length / concurrency), Math.max(atOnce, MOST_EACH))
  if (each < atOnce)
    throw tooFew(demand, pool, concurrency * atOnce, `${concurrency} functions with ${atOnce} each that no other function downloads`)
  return Array.from({ length: concurrency }, (_, slot) => pool.slice(slot * each, (slot + 1) * each))
}

function tooFew({ location, chunkBytes }: ObjectDemand, { length }: readonly MovedObject[], needed: number, what: string): InputError {
  return new InputError('TOO_FEW_OBJECTS', `${placeOf(location)} has ${length} objects of ${chunkBytes} bytes; ${what} need ${needed}.`, {
    hint: `Run \`netfair data prepare\` for ${needed} objects of that size, or set \`hot: true\`.`,
  })
}
