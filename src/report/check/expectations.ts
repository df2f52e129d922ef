import { ExpectationError } from '../../model/errors.ts'
import type { Report } from '../../model/report.ts'
import type { Expectation } from '../../run/expectations.ts'
import { checkBandwidth } from './bandwidth.ts'
import { type CheckedClaim, failureMessage } from './claim.ts'
import { checkFair } from './fair.ts'
import { checkIsolated } from './isolated.ts'

/**
 * Demands all expectations of an experiment at once.
 * @throws ExpectationError `EXPECTATION_FAILED`, with every one that does not hold
 * @throws InputError `NOTHING_MATCHES`
 */
export function demandExpectations(report: Report, expectations: readonly Expectation[]): void {
  const failed = expectations.map((expectation) => check(report, expectation)).filter(({ pass }) => !pass)
  if (failed.length === 0) return
  const message = `${failed.length} of ${expectations.length} expectations failed.\n${failed.map(failureMessage).join('\n')}`
  throw new ExpectationError('EXPECTATION_FAILED', message, {
    hint: 'Look at the cells named above. Where netfair cannot tell, measure more, or set allowInconclusive.',
  })
}

function check(report: Report, expectation: Expectation): CheckedClaim {
  if ('sharing' in expectation) {
    const { sharing: _, ...options } = expectation
    return checkIsolated(report, options)
  }
  if ('fairness' in expectation) {
    const { fairness: _, ...options } = expectation
    return checkFair(report, options)
  }
  const { bandwidth, ...options } = expectation
  return checkBandwidth(report, { ...bandwidth, ...options })
}
