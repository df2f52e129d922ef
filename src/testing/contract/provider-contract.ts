import type { Provider } from '../../providers/provider.ts'
import { beforeDeployment } from './before-deployment.ts'
import type { Contract, ContractSetting } from './contract-setting.ts'
import { disclosure } from './disclosure.ts'
import { invocation } from './invocation.ts'
import { removal } from './removal.ts'
import { broken, isViolation } from './violation.ts'

/** One rule, to be run by any test runner. */
export interface Clause {
  readonly name: string
  /** @throws ExpectationError `CONTRACT_BROKEN` that says what was expected and what was seen */
  run(): Promise<void>
}

/**
 * The contract that every provider keeps, one clause a rule.
 *
 * ```ts
 * for (const { name, run } of providerContract(provider, setting)) test(name, run)
 * ```
 *
 * Clauses depend on nothing but their arguments and clean up after themselves; they run one after the other, since what one makes another
 * would see. The agent must know the probe of `contractProbe.code`, whose `module` each deployment is asked for.
 */
export function providerContract(provider: Provider, setting: ContractSetting): readonly Clause[] {
  const defaults = { concurrency: 3, billed: false, secrets: [], unready: [], promptMs: 5000, graceMs: 10_000, settleMs: 10_000 }
  const contract: Contract = { provider, setting: { ...defaults, ...setting } }
  const rules = [...beforeDeployment, ...invocation, ...removal, ...disclosure]
  return rules.map(({ name, check }) => ({ name, run: () => keep(name, check(contract)) }))
}

/** Whatever a provider throws where it should not breaks the clause; only a setting that cannot be used does not. */
async function keep(name: string, checked: Promise<void>): Promise<void> {
  try {
    await checked
  } catch (error) {
    throw isViolation(error) || error instanceof RangeError ? error : broken(`${name}: failed with ${error}`, error)
  }
}
