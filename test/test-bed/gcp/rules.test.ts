import { describe, expect, test } from 'vitest'
import type { ServiceConfig } from './function-message.ts'
import { parseFilter } from './list-filter.ts'
import { pageOf } from './paging.ts'
import { bytesOf, vcpusOf } from './quantity.ts'
import { checkSizes, defaultCpu } from './sizes.ts'
import { applyMask } from './update-mask.ts'

describe('sizes', () => {
  test('quantities', () => {
    expect(['256M', '1.5Gi', '1024k', '7', '2GB', 'M', '-1'].map(bytesOf)).toEqual([
      256e6,
      1.5 * 2 ** 30,
      1024e3,
      7,
      undefined,
      undefined,
      undefined,
    ])
    expect(['1', '0.5', '583m', '1x'].map(vcpusOf)).toEqual([1, 0.5, 0.583, undefined])
  })

  test('CPU that comes with memory', () => {
    const sizes = ['128Mi', '128M', '256M', '512Mi', '1Gi', '1024M', '2Gi', '2048M', '4Gi', '8Gi', '16Gi', '32Gi']
    expect(sizes.map(defaultCpu)).toEqual(['0.0833', '0.0833', '0.1666', '0.3333', '0.5833', '0.5833', '1', '1', '2', '2', '4', '8'])
  })

  test.each([
    ['128Mi', '0.08', 1, undefined],
    ['128M', '0.0833', 1, undefined],
    ['100Mi', '0.0833', 1, 'minimum memory'],
    ['33Gi', '8', 1, 'maximum memory'],
    ['512Mi', '0.05', 1, 'cpu must be'],
    ['512Mi', '3', 1, 'cpu must be'],
    ['1Gi', '0.3333', 1, 'at least 0.5 CPU'],
    ['5Gi', '1', 1, 'at least 2 CPU'],
    ['1Gi', '4', 1, 'at least 2 Gi'],
    ['2Gi', '1', 80, undefined],
    ['2Gi', '1', 1001, 'between 1 and 1000'],
    ['1Gi', '0.5833', 2, 'Total cpu < 1'],
    ['1gb', '1', 1, 'Kubernetes quantity'],
  ])('%s with %s CPU and concurrency %i', (availableMemory, availableCpu, maxInstanceRequestConcurrency, refused) => {
    const check = (): void => checkSizes('f', { availableMemory, availableCpu, maxInstanceRequestConcurrency } as ServiceConfig)
    if (refused === undefined) check()
    else expect(check).toThrow(refused)
  })

  test('every default fits its memory', () => {
    for (const availableMemory of ['128Mi', '256Mi', '512Mi', '1Gi', '2Gi', '4Gi', '8Gi', '16Gi', '32Gi']) {
      checkSizes('f', { availableMemory, availableCpu: defaultCpu(availableMemory), maxInstanceRequestConcurrency: 1 } as ServiceConfig)
    }
  })
})

describe('filters', () => {
  const message = { name: 'n', state: 'ACTIVE', labels: { 'netfair-run': 'r1', a: 'b' }, serviceConfig: { timeoutSeconds: 60 } }
  test.each([
    ['', true],
    ['labels.netfair-run:*', true],
    ['labels."netfair-run"="r1"', true],
    ['labels.other:*', false],
    ['NOT labels.other:*', true],
    ['-labels.a:*', false],
    ['state="ACTIVE" AND labels.a=b', true],
    ['state=FAILED OR state=ACTIVE AND labels.a!=b', false],
    ['service_config.timeout_seconds=60', true],
    ['labels.other!=b', true],
  ])('%s', (filter, wanted) => {
    expect(parseFilter(filter)(message)).toBe(wanted)
  })

  test('what is none is refused', () => {
    expect(() => parseFilter('labels')).toThrow('Invalid filter')
    expect(() => parseFilter('(state=ACTIVE)')).toThrow('Invalid filter')
  })
})

test('masks', () => {
  const current = { labels: { a: '1' } as Record<string, string>, serviceConfig: { cpu: '1', memory: '2Gi' }, description: 'd' }
  const update: typeof current = { labels: { b: '2' }, serviceConfig: { cpu: '2', memory: '' }, description: '' }
  expect(applyMask(current, update, ['labels', 'service_config.cpu'])).toEqual({
    ...current,
    labels: { b: '2' },
    serviceConfig: { cpu: '2', memory: '2Gi' },
  })
  expect(applyMask(current, update, [])).toBe(update)
  for (const path of ['serviceConfig', 'no_such', 'service_config.no_such', '*'])
    expect(() => applyMask(current, update, [path])).toThrow('update_mask')
})

test('pages go on behind what was removed meanwhile', () => {
  const all = ['a', 'b', 'c', 'd'].map((id) => ({ name: `projects/${id}` }))
  const first = pageOf(all, { pageSize: 2 })
  expect(first.items).toEqual(all.slice(0, 2))
  expect(pageOf(all.slice(2), { pageSize: 2, pageToken: first.nextPageToken })).toEqual({ items: all.slice(2), nextPageToken: '' })
  expect(() => pageOf(all, { pageToken: 'x' })).toThrow('page_token')
})
