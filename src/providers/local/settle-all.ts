/** Waits for all, also when one fails: nothing of ours may still be at work when what it works on is removed. Throws the first failure. */
export async function settleAll<Value>(work: readonly Promise<Value>[]): Promise<Value[]> {
  const outcomes = await Promise.allSettled(work)
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}
