import { type Command, InvalidArgumentError, Option } from 'commander'
import ms from 'ms'
import type { CostMapOptions } from '../analysis/cost-map/cost-map-options.ts'

/** Flags of commands that show a cost map. */
export interface CostMapFlags {
  readonly priceAs?: string
  readonly strategy?: 'cost' | 'speed' | 'balanced'
  readonly weight?: number
  readonly deadline?: number
  readonly budgetUsd?: number
  readonly mapDirection?: 'download' | 'upload'
  readonly predictMemory?: readonly number[]
  readonly predictConcurrency?: readonly number[]
}

export function addCostMapFlags(command: Command): Command {
  return command
    .option('--price-as <platform>', 'cost map: priced as if it had run there, for example aws:us-east-1, gcp:us-central1:gen1')
    .addOption(new Option('--strategy <name>', 'cost map: what to choose by (default: cost)').choices(['cost', 'speed', 'balanced']))
    .option('--weight <share>', 'cost map: weight of cost with balanced, 0 (speed) to 1 (cost) (default: 0.5)', number)
    .option('--deadline <duration>', 'cost map: longest response time that may be chosen, for example 20s', duration)
    .option('--budget-usd <usd>', 'cost map: largest cost of the work that may be chosen', number)
    .addOption(
      new Option('--map-direction <direction>', 'cost map: of which direction, where both were measured').choices(['download', 'upload']),
    )
    .option('--predict-memory <MB,…>', 'cost map: memory sizes to predict, for example 768,1536', numbers)
    .option('--predict-concurrency <n,…>', 'cost map: concurrencies to predict, for example 3,6', numbers)
}

export function costMapOptions(flags: CostMapFlags): CostMapOptions {
  const { priceAs, strategy, weight, deadline, budgetUsd, mapDirection, predictMemory, predictConcurrency } = flags
  const predicted = predictMemory !== undefined || predictConcurrency !== undefined
  return {
    ...(priceAs !== undefined && { priceAs }),
    ...(strategy !== undefined && { strategy }),
    ...(weight !== undefined && { weight }),
    ...(deadline !== undefined && { deadlineMs: deadline }),
    ...(budgetUsd !== undefined && { budgetUsd }),
    ...(mapDirection !== undefined && { direction: mapDirection }),
    ...(predicted && {
      predict: {
        ...(predictMemory !== undefined && { memoryMb: predictMemory }),
        ...(predictConcurrency !== undefined && { concurrency: predictConcurrency }),
      },
    }),
  }
}

function number(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value)) return value
  throw new InvalidArgumentError('It must be a number, for example 0.5.')
}

const numbers = (text: string): readonly number[] => text.split(',').map(number)

function duration(text: string): number {
  const value = ms(text as ms.StringValue) as number | undefined
  if (value !== undefined && value > 0) return value
  throw new InvalidArgumentError('A duration is a number with a unit, for example 20s or 5m.')
}
