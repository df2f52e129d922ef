import type { Journal } from '../model/journal.ts'
import type { Experiment } from './experiment.ts'
import type { RunOptions } from './run.ts'

/**
 * Runs an experiment and returns its journal.
 *
 * Everything that it deploys, starts or makes is gone when it returns or throws. It installs no signal handler and never ends the
 * process. A function that fails is a sample with `outcome: 'failed'`, not an exception.
 *
 * @throws InputError `JOURNAL_EXISTS`, `OTHER_PLAN`, `OTHER_TIER`, `BROKEN_JOURNAL`, and what the provider refuses: `INVALID_MEMORY`,
 *   `INVALID_CONCURRENCY`, `PACKAGE_MISSING`, `CREDENTIALS_MISSING`, `REGION_UNKNOWN`; where `budget.usd` is set
 *   `QUOTE_OVER_BUDGET`, `PRICE_UNKNOWN`: nothing has been made
 * @throws MeasurementError `HOST_UNSUITABLE`, `HOST_BUSY`, `TARGET_GONE`, `BUDGET_REACHED`, `ROUNDS_LOST`, `JOURNAL_WRITE_FAILED`, `DEPLOY_FAILED`: the journal is kept
 * @throws the reason of `signal` when aborted: the journal is kept
 */
export async function run(experiment: Experiment, options: RunOptions = {}): Promise<Journal> {
  // Importing netfair must stay cheap: what measures is loaded when something is measured.
  const { run } = await import('./run.ts')
  return run(experiment, options)
}
