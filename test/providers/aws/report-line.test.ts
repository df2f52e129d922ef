import { describe, expect, test } from 'vitest'
import { readReportLine } from '../../../src/providers/aws/report-line.ts'

const tail = (...lines: string[]): string => Buffer.from(lines.join('\n')).toString('base64')
const report = (figures: string): string => `REPORT RequestId: 3604209a-e9a3-11e6-939a-754dd98c7be3\t${figures}\t`
const warm = report('Duration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 18 MB')

describe('the REPORT line', () => {
  test('of a warm start', () => {
    expect(readReportLine(tail('START RequestId: 3604209a Version: $LATEST', 'END RequestId: 3604209a', warm, ''))).toEqual({
      durationMs: 12.34,
      billedMs: 13,
      maxMemoryUsedMb: 18,
    })
  })

  test('of a cold start, whose initialisation is billed', () => {
    const line = report(
      'Duration: 12.34 ms\tBilled Duration: 180 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\tInit Duration: 166.81 ms',
    )
    expect(readReportLine(tail(line))).toEqual({ durationMs: 12.34, billedMs: 180, maxMemoryUsedMb: 70, initMs: 166.81 })
  })

  test('that leaves the initialisation out of what is billed', () => {
    const line = report('Duration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\tInit Duration: 166.81 ms')
    expect(readReportLine(tail(line))?.billedMs).toBe(180)
  })

  test('with more behind it, and lines of the function before it', () => {
    const line = `${warm}XRAY TraceId: 1-5e34a614\tSegmentId: 07f022\tSampled: true`
    expect(readReportLine(tail('REPORT of mine: Billed Duration: 1 ms', line))?.billedMs).toBe(13)
  })

  test.each([
    ['nothing', undefined],
    ['no such line', tail('END RequestId: 3604209a')],
    ['no figures', tail(report('Status: timeout'))],
  ])('is unknown where there is %s', (_, log) => {
    expect(readReportLine(log)).toBeUndefined()
  })
})
