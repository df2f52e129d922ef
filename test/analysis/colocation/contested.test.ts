import { expect, test } from 'vitest'
import { contestedNodes } from '../../../src/analysis/colocation/contested.ts'

const contested = (links: readonly (readonly number[])[], places: readonly (number | undefined)[]): number[] =>
  contestedNodes(links, (node) => places[node] ?? -1).sort((a, b) => a - b)

test.each([
  [
    'linked to one place, or to none',
    [
      [0, 1],
      [1, 2],
      [3, 4],
    ],
    [7, undefined, 7],
    [],
  ],
  [
    'linked to two places',
    [
      [0, 1],
      [1, 2],
    ],
    [7, undefined, 8],
    [1],
  ],
  ['by one link', [[0, 1, 2]], [7, undefined, 8], [1]],
  [
    'along a chain, all of it',
    [
      [0, 1],
      [1, 2],
      [2, 3],
    ],
    [7, undefined, undefined, 8],
    [1, 2],
  ],
  [
    'not beyond who has a place',
    [
      [0, 1],
      [0, 2],
      [2, 3],
    ],
    [7, undefined, undefined, 8],
    [2],
  ],
] as const)('%s', (_, links, places, expected) => {
  expect(contested(links, places)).toEqual(expected)
  expect(contested(links.map((link) => link.toReversed()).toReversed(), places)).toEqual(expected)
})
